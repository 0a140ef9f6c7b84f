//! The checksum of a frame: CRC-32 (ISO-HDLC, as in Ethernet and zip), which detects every error of
//! up to three bits in frames of these sizes, and all but one in four billion others.

/// Remainders of four bits. A table for eight bits would cost a kilobyte of flash.
const REMAINDERS: [u32; 16] = remainders();

/// The polynomial, lowest power first.
const POLYNOMIAL: u32 = 0xedb8_8320;

const fn remainders() -> [u32; 16] {
    let mut table = [0; 16];
    let mut index = 0;
    while index < table.len() {
        let mut rest = index as u32;
        let mut bit = 0;
        while bit < 4 {
            rest = if rest & 1 == 1 { rest >> 1 ^ POLYNOMIAL } else { rest >> 1 };
            bit += 1;
        }
        table[index] = rest;
        index += 1;
    }
    table
}

/// Returns the checksum of `bytes`.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let step = |rest: u32, bits: u32| rest >> 4 ^ REMAINDERS[((rest ^ bits) & 15) as usize];
    !bytes.iter().fold(u32::MAX, |rest, byte| {
        let byte = u32::from(*byte);
        step(step(rest, byte), byte >> 4)
    })
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn it_is_the_checksum_that_everybody_else_computes() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }
}
