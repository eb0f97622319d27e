//! Telling the service manager that everything is attached (`sd_notify(3)`).

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::{env, io};

/// Sends `READY=1` to the socket that `NOTIFY_SOCKET` names. Nobody is told of a failure: who set
/// the variable will notice.
pub(crate) fn ready() {
    let Some(name) = env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    let _ = send(name.as_bytes(), b"READY=1\n");
}

/// Sends a datagram to a path, or to an abstract name where the first character is `@`.
fn send(name: &[u8], message: &[u8]) -> io::Result<()> {
    let address = match name {
        [b'@', rest @ ..] => SocketAddr::from_abstract_name(rest)?,
        path => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(path))?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    socket.send(message).map(drop)
}

#[cfg(test)]
mod tests {
    use super::send;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    #[test]
    fn reaches_an_abstract_socket() -> std::io::Result<()> {
        let name = format!("strobe-notify-{}", std::process::id());
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
        send(format!("@{name}").as_bytes(), b"READY=1\n")?;
        let mut text = [0u8; 16];
        let length = socket.recv(&mut text)?;
        assert_eq!(&text[..length], b"READY=1\n");
        Ok(())
    }
}
