//! The wire between one program and Redis, which can be long, slow, silent or cut.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many pieces are under way on a long wire until no more are taken.
const UNDER_WAY: usize = 1024;
/// How many bytes a slow wire passes on at once.
const PIECE: usize = 256;
/// The longest a slow wire keeps them, in milliseconds.
const DELAY_MS: u64 = 60;
/// For how long a wire is slow before it is cut, so that it is cut in the middle of something.
const BEFORE_CUT: Duration = Duration::from_millis(300);

/// How bytes get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Clear,
    /// All of them, each so much later.
    Late(Duration),
    /// A few at a time, and late.
    Slow,
    /// Not now; they come later.
    Silent,
}

/// An address that stands for Redis.
pub struct Wire {
    /// Where a program finds it.
    pub address: SocketAddr,
    mood: watch::Sender<Mood>,
    /// One task for each connection.
    connections: Mutex<JoinSet<()>>,
}

impl Wire {
    /// A wire to the Redis at this address.
    pub async fn open(redis: SocketAddr) -> io::Result<Arc<Self>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let wire = Arc::new(Self {
            address: listener.local_addr()?,
            mood: watch::Sender::new(Mood::Clear),
            connections: Mutex::default(),
        });
        tokio::spawn(Arc::clone(&wire).accept(listener, redis));
        Ok(wire)
    }

    /// From now on everything arrives so much later, either way.
    pub fn lengthen(&self, delay: Duration) {
        self.mood.send_replace(Mood::Late(delay));
    }

    /// Passes everything on at once again.
    pub fn clear(&self) {
        self.mood.send_replace(Mood::Clear);
    }

    /// Passes bytes on a few at a time for this long.
    pub async fn slow_down(&self, time: Duration) {
        self.stay(Mood::Slow, time).await;
    }

    /// Passes nothing on for this long.
    pub async fn fall_silent(&self, time: Duration) {
        self.stay(Mood::Silent, time).await;
    }

    /// Breaks all its connections, wherever in a question or an answer they are.
    pub async fn cut(&self) {
        self.mood.send_replace(Mood::Slow);
        tokio::time::sleep(BEFORE_CUT).await;
        self.connections().abort_all();
        self.mood.send_replace(Mood::Clear);
    }

    async fn stay(&self, mood: Mood, time: Duration) {
        self.mood.send_replace(mood);
        tokio::time::sleep(time).await;
        self.mood.send_replace(Mood::Clear);
    }

    async fn accept(self: Arc<Self>, listener: TcpListener, redis: SocketAddr) {
        loop {
            // It fails when the machine is short of something, and the next one may not.
            if let Ok((stream, _)) = listener.accept().await {
                let mood = self.mood.subscribe();
                self.connections().spawn(connect(stream, redis, mood));
            }
            while self.connections().try_join_next().is_some() {}
        }
    }

    fn connections(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connects a program with Redis until one of the two hangs up.
async fn connect(mut program: TcpStream, redis: SocketAddr, mood: watch::Receiver<Mood>) {
    // With Redis down the program is hung up on.
    let Ok(mut redis) = TcpStream::connect(redis).await else { return };
    let _ = (program.set_nodelay(true), redis.set_nodelay(true));
    let (from_program, to_program) = program.split();
    let (from_redis, to_redis) = redis.split();
    // Whatever ended it: both ends see a connection that is over.
    let _ = tokio::select! {
        ended = pass_on(from_program, to_redis, mood.clone()) => ended,
        ended = pass_on(from_redis, to_program, mood) => ended,
    };
}

async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mood: watch::Receiver<Mood>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let mut under_way: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
    let mut ended = false;
    loop {
        let due = under_way.front().map_or_else(Instant::now, |(due, _)| *due);
        tokio::select! {
            read = from.read(&mut buffer), if !ended && under_way.len() < UNDER_WAY => {
                let read = read?;
                ended = read == 0;
                let delay = if let Mood::Late(delay) = *mood.borrow() { delay } else { Duration::ZERO };
                under_way.push_back((Instant::now() + delay, buffer[..read].to_vec()));
            }
            () = tokio::time::sleep_until(due), if !under_way.is_empty() => {
                if let Some((_, bytes)) = under_way.pop_front() {
                    hand_over(&bytes, &mut to, &mut mood).await?;
                }
            }
            else => return Ok(()),
        }
    }
}

/// Hands bytes over in the mood of the moment.
async fn hand_over(
    mut left: &[u8],
    to: &mut (impl AsyncWrite + Unpin),
    mood: &mut watch::Receiver<Mood>,
) -> io::Result<()> {
    while !left.is_empty() {
        // Fails only if the wire is gone, and then there is nothing to wait for.
        let _ = mood.wait_for(|mood| *mood != Mood::Silent).await;
        let is_slow = *mood.borrow() == Mood::Slow;
        let piece = if is_slow { left.len().min(PIECE) } else { left.len() };
        if is_slow {
            let delay = rand::random_range(0..=DELAY_MS);
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        to.write_all(&left[..piece]).await?;
        left = &left[piece..];
    }
    Ok(())
}
