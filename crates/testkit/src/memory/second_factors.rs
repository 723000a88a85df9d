//! Second factors, in memory.

use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;
use grantor_ports::{EnrolledFactors, RecoveryCodeHash, SecondFactors, StoreFuture, StoredPasskey, StoredTotp};

use super::MemoryStore;
use super::state::{FactorsRow, State};

impl FactorsRow {
    pub(super) const fn has_factor(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty()
    }

    fn enrolled(&self) -> EnrolledFactors {
        let mut passkeys = self.passkeys.clone();
        passkeys.sort_by(|left, right| (left.added_at, &left.id).cmp(&(right.added_at, &right.id)));
        EnrolledFactors { totp: self.totp.clone(), passkeys, recovery_codes: self.recovery_codes.len() as u64 }
    }

    fn replace_codes(&mut self, codes: Option<&[RecoveryCodeHash]>) {
        if let Some(codes) = codes {
            self.recovery_codes = codes.iter().copied().collect();
        }
    }

    /// Recovery codes stand in for a factor: without one they go.
    fn drop_orphaned_codes(&mut self) {
        if !self.has_factor() {
            self.recovery_codes.clear();
        }
    }
}

/// The row of a user, if there is such a user.
fn row_of<'a>(state: &'a mut State, subject: &Subject) -> Option<&'a mut FactorsRow> {
    state.users.contains_key(subject).then(|| state.factors.entry(subject.clone()).or_default())
}

impl SecondFactors for MemoryStore {
    fn of<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, EnrolledFactors> {
        self.answer(|state| state.factors.get(subject).map(FactorsRow::enrolled).unwrap_or_default())
    }

    fn enrol_totp<'a>(
        &'a self,
        subject: &'a Subject,
        totp: &'a StoredTotp,
        recovery_codes: Option<&'a [RecoveryCodeHash]>,
    ) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let Some(row) = row_of(state, subject) else { return false };
            row.totp = Some(totp.clone());
            row.replace_codes(recovery_codes);
            true
        })
    }

    fn spend_step<'a>(&'a self, subject: &'a Subject, step: u64) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let totp = state.factors.get_mut(subject).and_then(|row| row.totp.as_mut());
            let Some(totp) = totp.filter(|totp| totp.last_step < step) else { return false };
            totp.last_step = step;
            true
        })
    }

    fn remove_totp<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, bool> {
        self.answer(|state| {
            let Some(row) = state.factors.get_mut(subject) else { return false };
            let had_one = row.totp.take().is_some();
            row.drop_orphaned_codes();
            had_one
        })
    }

    fn enrol_passkey<'a>(
        &'a self,
        subject: &'a Subject,
        passkey: &'a StoredPasskey,
        recovery_codes: Option<&'a [RecoveryCodeHash]>,
    ) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let is_taken = state.factors.values().flat_map(|row| &row.passkeys).any(|known| known.id == passkey.id);
            if is_taken {
                return false;
            }
            let Some(row) = row_of(state, subject) else { return false };
            row.passkeys.push(passkey.clone());
            row.replace_codes(recovery_codes);
            true
        })
    }

    fn passkey<'a>(&'a self, id: &'a [u8]) -> StoreFuture<'a, Option<(Subject, StoredPasskey)>> {
        self.answer(move |state| {
            state.factors.iter().find_map(|(subject, row)| {
                let found = row.passkeys.iter().find(|passkey| passkey.id == id)?;
                Some((subject.clone(), found.clone()))
            })
        })
    }

    fn use_passkey<'a>(&'a self, id: &'a [u8], record: &'a str, now: Timestamp) -> StoreFuture<'a, ()> {
        self.answer(move |state| {
            let mut passkeys = state.factors.values_mut().flat_map(|row| &mut row.passkeys);
            if let Some(used) = passkeys.find(|passkey| passkey.id == id) {
                record.clone_into(&mut used.record);
                used.used_at = Some(now);
            }
        })
    }

    fn remove_passkey<'a>(&'a self, subject: &'a Subject, id: &'a [u8]) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let Some(row) = state.factors.get_mut(subject) else { return false };
            let before = row.passkeys.len();
            row.passkeys.retain(|passkey| passkey.id != id);
            row.drop_orphaned_codes();
            row.passkeys.len() < before
        })
    }

    fn replace_recovery_codes<'a>(
        &'a self,
        subject: &'a Subject,
        recovery_codes: &'a [RecoveryCodeHash],
    ) -> StoreFuture<'a, bool> {
        self.answer(move |state| {
            let row = state.factors.get_mut(subject).filter(|row| row.has_factor());
            row.map(|row| row.replace_codes(Some(recovery_codes))).is_some()
        })
    }

    fn spend_recovery_code<'a>(&'a self, subject: &'a Subject, code: &'a RecoveryCodeHash) -> StoreFuture<'a, bool> {
        self.answer(|state| state.factors.get_mut(subject).is_some_and(|row| row.recovery_codes.remove(code)))
    }

    fn reset<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, bool> {
        self.answer(|state| state.factors.remove(subject).is_some_and(|row| row.has_factor()))
    }
}
