//! Servers to ask.

use std::thread;
use std::time::Duration;

use grantor_testkit::Site;

/// Answers by plain http, after a while.
pub(crate) fn plain(answer: impl Into<Vec<u8>>, after: Duration) -> Site {
    let answer = answer.into();
    Site::start(move |_request| {
        thread::sleep(after);
        answer.clone()
    })
}
