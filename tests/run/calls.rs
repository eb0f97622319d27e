//! What one call of a workload does, by its kind.

use rustix::process::{getpid, test_kill_process};
use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// A kind of call, with what it needs.
pub struct Calls {
    kind: String,
    null: File,
    zero: File,
    buffer: [u8; 100],
    scratch: PathBuf,
}

impl Calls {
    /// Everything that is needed is opened here, so that the calls themselves open nothing.
    pub fn new(kind: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            null: File::create("/dev/null").expect("/dev/null opens"),
            zero: File::open("/dev/zero").expect("/dev/zero opens"),
            buffer: [0; 100],
            scratch: std::env::temp_dir().join(format!("{name}-scratch")),
        }
    }

    /// The n-th call. Reads and writes take n mod 100 + 1 bytes.
    pub fn make(&mut self, n: usize) {
        let bytes = &mut self.buffer[..n % 100 + 1];
        match self.kind.as_str() {
            "write" => drop(self.null.write(bytes)),
            "read" => drop(self.zero.read(bytes)),
            "open" => drop(File::open("/dev/null")),
            "stat" => drop(fs::metadata("/dev/none")),
            // The driver of the card is asked for its counters.
            "netstat" => drop(fs::read("/sys/class/net/dummy0/statistics/tx_bytes")),
            "sync" => drop(self.null.sync_all()),
            "kill" => drop(test_kill_process(getpid())),
            "nap" => std::thread::sleep(Duration::from_millis(3)),
            "spin" => spin(Duration::from_millis(1)),
            "flush" => {
                // Seldom in memory, as the folder for temporary files often is.
                let path = Path::new("/var/tmp").join(self.scratch.file_name().expect("a name"));
                let mut file = File::create(&path).expect("the scratch file is writable");
                file.write_all(&[1; 4096]).expect("the disk has room");
                file.sync_all().expect("the disk takes it");
                fs::remove_file(&path).expect("the scratch file is there");
            }
            "echo" => drop(
                Command::new("/bin/echo")
                    .arg("said")
                    .stdout(Stdio::null())
                    .status(),
            ),
            "fail" => drop(Command::new("/no-such-program").status()),
            "become" => drop(Command::new("/bin/true").uid(65534).status()),
            "odd" => odd(&self.scratch),
            "secret" => drop(File::open("/etc/shadow")),
            "suid" => {
                fs::write(&self.scratch, bytes).expect("the scratch file is writable");
                let mode = Permissions::from_mode(0o4700);
                fs::set_permissions(&self.scratch, mode).expect("it is ours");
                fs::remove_file(&self.scratch).expect("the scratch file is there");
            }
            "memory" => drop(std::hint::black_box(vec![1u8; 10 << 20])),
            "futex" => drop(channel::<()>().1.recv_timeout(Duration::from_millis(3))),
            "lookup" => drop(("localhost", 1).to_socket_addrs()),
            "slowpipe" => slow_pipe(),
            "tcp" => tcp(),
            "datagram" => datagram(),
            "refused" => drop(TcpStream::connect(closed_port())),
            "kmsg" => drop(fs::write(
                "/dev/kmsg",
                format!("{}\n", self.scratch.display()),
            )),
            "exec" => drop(Command::new("/bin/true").status()),
            "thread" => drop(std::thread::spawn(|| ()).join()),
            "file" => {
                fs::write(&self.scratch, bytes).expect("the scratch file is writable");
                fs::remove_file(&self.scratch).expect("the scratch file is there");
            }
            "folder" => {
                fs::create_dir(&self.scratch).expect("the scratch folder is new");
                fs::remove_dir(&self.scratch).expect("the scratch folder is empty");
            }
            other => panic!("there is no workload {other}"),
        }
    }
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// A program that is run from the folder for temporary files.
fn odd(path: &Path) {
    fs::copy("/bin/true", path).expect("the folder for temporary files takes a program");
    drop(Command::new(path).status());
    fs::remove_file(path).expect("the program is there");
}

/// What a datagram says.
pub const DATAGRAM: &[u8] = b"strobe sent this datagram";

/// Bytes of the headers of IP and UDP before it.
pub const HEADERS: usize = 28;

/// A datagram to oneself.
fn datagram() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("it has an address");
    let sent = socket.send_to(DATAGRAM, address).expect("it is taken");
    let mut room = [0; 100];
    let came = socket.recv(&mut room).expect("it comes");
    assert_eq!((sent, &room[..came]), (DATAGRAM.len(), DATAGRAM));
}

/// A connection to oneself, over which 1000 bytes go one way and 10 the other.
fn tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it has an address");
    let mut client = TcpStream::connect(address).expect("somebody listens");
    let (mut server, _) = listener.accept().expect("somebody has connected");
    client.write_all(&[1; 1000]).expect("it is taken");
    server.read_exact(&mut [0; 1000]).expect("it comes");
    server.write_all(&[2; 10]).expect("it is taken");
    client.read_exact(&mut [0; 10]).expect("it comes");
}

/// A read that waits until a program ends.
fn slow_pipe() {
    let mut sleep = Command::new("/bin/sleep");
    let child = sleep.arg("0.05").stdout(Stdio::piped()).spawn();
    let mut child = child.expect("it starts");
    if let Some(mut output) = child.stdout.take() {
        drop(output.read(&mut [0; 1]));
    }
    drop(child.wait());
}

/// A port that nobody listens on.
fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("it has an address")
}
