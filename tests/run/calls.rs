//! What one call of a workload does, by its kind.

use crate::disk::{self, BadDisk};
use crate::pressure;
use rustix::event::{Timespec, poll};
use rustix::process::{getpid, test_kill_process};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::fs::{self, File, Permissions};
use std::io::{Read, Seek, Write};
use std::net::{
    Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream, ToSocketAddrs, UdpSocket,
};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixStream};
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
    bad_disk: Option<BadDisk>,
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
            bad_disk: None,
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
            "flush" => disk::flush(&self.scratch),
            "writeout" => disk::write_out(&self.scratch),
            "xfs" => disk::xfs(&self.scratch),
            "baddisk" => self.bad_disk.get_or_insert_with(BadDisk::new).write(),
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
            "udp" => udp(),
            "unix" => unix(),
            "timeout" => {
                let _ = TcpStream::connect_timeout(&NOWHERE.into(), Duration::from_millis(1500));
            }
            "poll" => drop(poll(&mut [], Some(&POLL_TIME))),
            "wander" => pin((n + 1) % 2),
            "mount" => disk::mount(&self.scratch),
            "contend" => contend(&self.scratch),
            "bash" => pipe_to(&["/bin/bash", "--norc", "-i"], b"echo typed\n"),
            "tls" => tls(),
            "dropcaches" => fs::write("/proc/sys/vm/drop_caches", "2").expect("root may"),
            "oom" => pressure::oom(),
            "swap" => pressure::swap(),
            "reclaim" => pressure::reclaim(),
            "rmmod" => drop(
                Command::new("rmmod")
                    .arg("no_such")
                    .stderr(Stdio::null())
                    .status(),
            ),
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

/// How long a poll lasts.
const POLL_TIME: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};

/// Packets to here are lost: see the first process of a virtual machine.
const NOWHERE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 9, 0, 2), 9);

/// Pins the thread to a CPU, by its number modulo how many there are.
pub fn pin(index: usize) {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let mut set = CpuSet::new();
    set.set(index % cpus.max(2));
    // One CPU alone leaves no choice.
    let _ = sched_setaffinity(None, &set);
}

/// A datagram to a port that nobody listens on.
fn udp() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let closed = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = closed.local_addr().expect("it has an address");
    drop(closed);
    socket.send_to(b"lost", port).expect("it is sent");
}

/// Eleven bytes over a stream and five in a datagram.
fn unix() {
    let (mut a, mut b) = UnixStream::pair().expect("a pair");
    a.write_all(b"in a stream").expect("it is taken");
    b.read_exact(&mut [0; 11]).expect("it comes");
    let (a, b) = UnixDatagram::pair().expect("a pair");
    a.send(b"alone").expect("it is taken");
    b.recv(&mut [0; 20]).expect("it comes");
}

/// Four threads that write to one file at a time, for which the kernel has a lock.
fn contend(path: &Path) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut file = File::create(path).expect("the scratch file is writable");
                for _ in 0..10 {
                    file.rewind().expect("it is a file");
                    file.write_all(&[1; 1 << 20]).expect("memory has room");
                }
            });
        }
    });
    fs::remove_file(path).expect("the scratch file is there");
}

/// A program with something on its standard input.
fn pipe_to(words: &[&str], text: &[u8]) {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::piped());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text).expect("it reads");
    }
    drop(child.wait());
}

/// A line from a client of TLS to its server, which turns it around, with a key that both know.
fn tls() {
    const KEY: [&str; 2] = ["-psk", "1234"];
    let openssl = || {
        let mut command = Command::new("/usr/bin/openssl");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::null());
        command
    };
    let address = closed_port().to_string();
    let mut server = openssl();
    server.args(["s_server", "-rev", "-nocert", "-accept", &address]);
    let server = server.args(KEY).spawn().expect("it starts");
    // It takes the server a while to listen.
    while !is_heard(&address) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut client = openssl();
    client.args(["s_client", "-quiet", "-connect", &address]);
    let mut client = client.args(KEY).spawn().expect("it starts");
    if let (Some(input), Some(output)) = (&mut client.stdin, &mut client.stdout) {
        input.write_all(b"secret words\n").expect("it reads");
        output.read_exact(&mut [0; 13]).expect("it answers");
    }
    for mut process in [client, server] {
        drop(process.kill());
        drop(process.wait());
    }
}

/// Whether somebody listens, by the kernel's list: a connection would be the only one.
fn is_heard(address: &str) -> bool {
    let port = address
        .rsplit(':')
        .next()
        .and_then(|p| p.parse::<u16>().ok());
    let wanted = format!(":{:04X} ", port.unwrap_or(0));
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().any(|list| {
        let list = fs::read_to_string(list).unwrap_or_default();
        list.lines()
            .any(|line| line.contains(&wanted) && line.contains(" 0A "))
    })
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
