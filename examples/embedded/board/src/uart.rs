//! The serial port (UART0, a PL011) as a stream of bytes.
//!
//! What arrives is put into a buffer by the interrupt and waits there. What is written goes to the
//! port as fast as that takes it.

use core::cell::RefCell;
use core::convert::Infallible;
use core::fmt;
use core::future::poll_fn;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Poll, Waker};
use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;
use critical_section::Mutex;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use heapless::Deque;

/// How many bytes wait to be read. At 115,200 baud they come in 44 ms.
const RECEIVE_BUFFER: usize = 512;

const BASE: usize = 0x4000_C000;
const DATA: *mut u32 = BASE as *mut u32;
const FLAGS: *mut u32 = (BASE + 0x18) as *mut u32;
const LINE_CONTROL: *mut u32 = (BASE + 0x2c) as *mut u32;
const CONTROL: *mut u32 = (BASE + 0x30) as *mut u32;
const INTERRUPT_MASK: *mut u32 = (BASE + 0x38) as *mut u32;
const INTERRUPT_CLEAR: *mut u32 = (BASE + 0x44) as *mut u32;

const RECEIVE_EMPTY: u32 = 1 << 4;
const TRANSMIT_FULL: u32 = 1 << 5;
/// Eight bits, and room for 16 bytes in the port itself.
const EIGHT_BITS_QUEUED: u32 = 0b11 << 5 | 1 << 4;
/// The port, its transmitter and its receiver.
const ENABLE: u32 = 1 | 1 << 8 | 1 << 9;
/// A byte came, and a byte has waited for a while.
const RECEIVE_INTERRUPTS: u32 = 1 << 4 | 1 << 6;

/// How many interrupts the chip has, and the number of this one.
const INTERRUPTS: usize = 44;
const UART0: u16 = 5;

#[derive(Clone, Copy)]
struct Uart0;

// SAFETY: this is the number of the port's interrupt in the manual of the chip.
unsafe impl InterruptNumber for Uart0 {
    fn number(self) -> u16 {
        UART0
    }
}

struct Received {
    bytes: Deque<u8, RECEIVE_BUFFER>,
    overrun: bool,
    reader: Option<Waker>,
}

static RECEIVED: Mutex<RefCell<Received>> = Mutex::new(RefCell::new(Received {
    bytes: Deque::new(),
    overrun: false,
    reader: None,
}));

fn read(register: *mut u32) -> u32 {
    // SAFETY: it is a register of this port, which may be read at any time.
    unsafe { ptr::read_volatile(register) }
}

fn write(register: *mut u32, value: u32) {
    // SAFETY: it is a register of this port, which may be written at any time.
    unsafe { ptr::write_volatile(register, value) }
}

pub(crate) fn start(_: NVIC) {
    write(LINE_CONTROL, EIGHT_BITS_QUEUED);
    write(CONTROL, ENABLE);
    write(INTERRUPT_MASK, RECEIVE_INTERRUPTS);
    // SAFETY: nobody relies on the interrupt being off.
    unsafe { NVIC::unmask(Uart0) };
}

type Handler = unsafe extern "C" fn();

unsafe extern "C" {
    /// The handler of `cortex-m-rt` for interrupts that nobody expects.
    fn DefaultHandler();
}

/// The interrupts of the chip: this is the only one that is switched on.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [Handler; INTERRUPTS] = {
    let mut handlers = [DefaultHandler as Handler; INTERRUPTS];
    handlers[UART0 as usize] = receive;
    handlers
};

/// Takes in what has arrived.
extern "C" fn receive() {
    let reader = critical_section::with(|section| {
        let mut received = RECEIVED.borrow_ref_mut(section);
        while read(FLAGS) & RECEIVE_EMPTY == 0 {
            let byte = read(DATA) as u8;
            received.overrun |= received.bytes.push_back(byte).is_err();
        }
        write(INTERRUPT_CLEAR, RECEIVE_INTERRUPTS);
        received.reader.take()
    });
    if let Some(reader) = reader {
        reader.wake();
    }
}

/// Returns the two directions of the port.
///
/// # Panics
/// When it is called twice.
#[must_use]
pub fn uart() -> (UartReader, UartWriter) {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    assert!(!TAKEN.swap(true, Ordering::Relaxed), "the port is in use");
    (UartReader(()), UartWriter(()))
}

/// Reads from the port.
#[derive(Debug)]
pub struct UartReader(());

/// Writes to the port.
#[derive(Debug)]
pub struct UartWriter(());

/// Bytes were lost because nobody read in time.
#[derive(Clone, Copy, Debug)]
pub struct Overrun;

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes were lost because nobody read in time")
    }
}

impl core::error::Error for Overrun {}

impl embedded_io_async::Error for Overrun {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl ErrorType for UartReader {
    type Error = Overrun;
}

impl ErrorType for UartWriter {
    type Error = Infallible;
}

impl Read for UartReader {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Overrun> {
        poll_fn(|cx| {
            critical_section::with(|section| {
                let received = &mut *RECEIVED.borrow_ref_mut(section);
                if core::mem::take(&mut received.overrun) {
                    return Poll::Ready(Err(Overrun));
                }
                let mut count = 0;
                while let Some(place) = buffer.get_mut(count)
                    && let Some(byte) = received.bytes.pop_front()
                {
                    *place = byte;
                    count += 1;
                }
                if count > 0 || buffer.is_empty() {
                    return Poll::Ready(Ok(count));
                }
                received.reader = Some(cx.waker().clone());
                Poll::Pending
            })
        })
        .await
    }
}

impl Write for UartWriter {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        let Some(first) = bytes.first() else {
            return Ok(0);
        };
        poll_fn(|cx| {
            if read(FLAGS) & TRANSMIT_FULL == 0 {
                return Poll::Ready(());
            }
            // The port has room again within a byte's time, and others may run until then.
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        write(DATA, u32::from(*first));
        let mut written = 1;
        for byte in &bytes[1..] {
            if read(FLAGS) & TRANSMIT_FULL != 0 {
                break;
            }
            write(DATA, u32::from(*byte));
            written += 1;
        }
        Ok(written)
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
