//! Which properties there are. A property that is not listed here is not tested: a test of this crate compares the list
//! with the modules.

/// Mounts every property of the contract as a test of its own, in a module by subject. `$fresh` is an expression that
/// makes a new, empty store: a future of [`UnderTest`](crate::contract::UnderTest). The crate that mounts them needs
/// tokio with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! store_contract {
    ($fresh:expr) => {
        $crate::mount_properties! { $fresh;
            budget {
                ending_grants,
                opening_a_grant,
                polling,
                proving_a_client,
                proving_a_second_factor,
                reading_grants,
                rotating_a_grant,
                signing_in,
            }
            clients {
                a_client_comes_back_as_it_was,
                a_client_is_inserted_once,
                a_client_is_replaced_only_as_it_was_read,
                a_client_under_a_users_subject_is_refused,
                a_deleted_clients_id_stays_a_clients,
                a_race_for_one_name_has_one_winner,
                a_refusal_takes_no_name,
                a_user_under_a_clients_id_is_refused,
                an_unknown_client_is_not_found,
                clients_are_listed_by_id,
                deleting_a_client_ends_what_was_given_to_it,
                one_of_64_concurrent_inserts_gets_the_id,
                one_of_64_concurrent_replacements_wins,
                putting_a_client_again_replaces_it,
                putting_a_client_is_recorded,
            }
            conditions {
                a_disabled_users_grant_stays_dead,
                a_foreign_client_is_refused,
                a_grant_authenticated_since_is_served,
                a_logout_ends_grants_of_the_session,
                a_logout_leaves_other_grants,
                a_password_change_ends_what_was_before_it,
                a_revocation_that_crosses_a_rotation_wins,
                a_revoked_grant_is_refused,
                an_expired_grant_is_refused,
                an_idle_grant_is_refused,
                an_unknown_grant_is_refused,
                another_secret_is_refused,
                another_sender_is_refused,
                signing_everyone_out_ends_what_was_before,
                signing_out_everywhere_ends_the_users_grants,
                the_absolute_expiry_counts_by_itself,
            }
            consents {
                a_consent_that_outgrows_every_scope_is_still_read,
                a_withdrawn_consent_is_asked_for_again,
                an_empty_consent_is_remembered,
                concurrent_consents_add_up,
                consents_add_up,
                consents_are_one_persons_to_one_client,
                consents_of_one_person_are_listed_by_client,
                consents_to_a_client_are_forgotten,
            }
            declarations {
                a_client_created_again_gets_nothing_of_the_old,
                a_plan_and_another_administrator_lose_nothing,
                a_record_is_compared_by_content,
                a_removed_client_leaves_its_name_alone,
                a_removed_users_subject_may_be_given_again,
                a_survey_tells_who_owns_what,
                adopting_records_the_owner_and_nothing_else,
                an_overtaken_plan_writes_nothing,
                an_update_changes_just_what_it_says,
                changes_are_recorded_at_their_time,
                one_of_racing_plans_is_carried_out,
                removals_come_first,
                thousands_take_few_statements,
                what_is_created_comes_back_as_it_was,
            }
            devices {
                a_decision_is_made_once_and_in_time,
                a_device_learns_what_was_decided,
                a_device_that_asks_too_often_is_slowed_down,
                a_request_is_found_by_its_user_code,
                a_user_code_is_given_once,
                one_of_64_concurrent_decisions_counts,
            }
            guards {
                a_value_is_spent_once,
                failures_are_counted_by_name_and_time,
                failures_are_forgiven_by_name_and_place,
                failures_are_forgotten_by_name,
                failures_are_recorded,
                failures_are_tallied_by_name_and_place,
                failures_come_with_the_user,
                one_of_64_concurrent_spenders_is_first,
                the_expiry_is_part_of_the_value,
            }
            keys {
                a_rotation_adds_and_retires,
                a_retirement_never_moves_later,
                a_ring_that_changed_is_not_replaced,
                a_rotation_of_a_key_that_is_gone_does_nothing,
                a_rotation_that_meets_a_replacement_is_not_lost,
                a_rotation_under_a_taken_number_does_nothing,
                keys_come_back_as_they_were_by_number,
                one_of_64_concurrent_rotations_succeeds,
                one_of_racing_replacements_succeeds,
                replacing_puts_the_ring_in_place,
            }
            listing {
                a_list_can_be_of_one_scope,
                a_listed_grant_is_as_it_is_now,
                only_live_grants_are_listed_unless_asked,
                pages_are_newest_first_over_both_tables,
                pages_can_be_of_one_user,
            }
            liveness {
                a_grant_named_twice_is_live,
                a_logout_ends_the_tokens_of_the_session,
                a_missing_grant_is_dead,
                a_revoked_ancestor_is_enough,
                a_token_that_rests_on_nothing_is_live,
                one_revoked_grant_of_many_is_enough,
                the_absolute_expiry_ends_a_token,
                the_claims_asked_for_come_along,
                the_claims_parameter_of_the_first_grant_comes_along,
                tokens_of_a_disabled_user_stay_dead,
            }
            logout_notices {
                a_deleted_client_is_told_nothing,
                a_notice_is_claimed_by_one_of_64,
                a_notice_is_kept_until_it_is_removed,
                a_session_knows_its_clients,
                the_end_of_a_session_leaves_its_notices,
            }
            model {
                random_calls_are_answered_as_in_memory,
            }
            opening {
                a_second_redemption_is_noticed_whatever_happened_since,
                an_opened_grant_comes_back_as_it_was,
                an_own_repeated_attempt_is_recognised,
                nothing_survives_a_logout_that_crosses_a_redemption,
                one_of_64_concurrent_callers_opens_a_grant,
                opening_brings_the_users_claims,
                opening_is_refused_for_a_disabled_user,
                opening_is_refused_for_an_ended_session,
                opening_is_refused_for_an_unknown_user,
                own_attempts_that_race_are_all_recognised,
                the_two_tables_are_apart,
            }
            registrations {
                a_deleted_client_has_no_registration,
                a_registered_client_comes_back_as_it_was,
                a_renewal_replaces_what_was_not_used,
                a_token_that_is_good_once_registers_once,
                a_used_client_is_not_found_as_unused,
                an_id_is_registered_once,
                no_more_than_so_many_are_registered,
                one_of_64_concurrent_renewals_counts,
                only_an_unused_client_is_removed_so,
                whom_an_administrator_vouches_for_did_not_register_itself,
            }
            revocation {
                a_holder_revokes_only_what_it_holds,
                a_holder_revokes_whatever_state_the_grant_is_in,
                all_of_many_grants_end,
                one_of_64_concurrent_revocations_ends_the_grant,
                revoking_by_scope_ends_just_those,
                revoking_says_whether_it_ended_the_grant,
            }
            rotation {
                a_rotation_brings_claims_changed_since,
                a_rotation_takes_one_step,
                a_row_that_went_back_in_time_catches_up,
                a_spent_token_is_past_and_changes_nothing,
                finding_changes_nothing,
                one_of_64_concurrent_rotations_takes_the_step,
                policy_fixed_leaves_the_generation,
                policy_fixed_still_knows_older_tokens,
                the_idle_expiry_slides_up_to_the_absolute_one,
            }
            second_factors {
                a_passkey_is_removed_by_its_owner,
                a_passkeys_id_is_nobody_elses,
                a_recovery_code_counts_once_and_for_its_owner,
                a_reset_takes_everything,
                a_step_counts_once_and_none_before_it,
                an_enrolment_that_meets_a_removal_leaves_nothing,
                concurrent_removals_leave_no_recovery_codes,
                enrolling_an_app_replaces_the_one_before,
                nobody_enrols_for_a_user_who_is_not_there,
                one_of_64_concurrent_enrolments_gets_the_id,
                one_of_64_concurrent_spends_of_a_recovery_code_counts,
                one_of_64_concurrent_spends_of_a_step_counts,
                recovery_codes_are_replaced_for_who_has_a_factor,
                the_last_factor_takes_the_recovery_codes,
                the_use_of_a_passkey_is_noted,
                what_is_enrolled_is_found_as_it_was,
            }
            sessions {
                a_disabled_users_session_stays_dead,
                a_password_change_ends_sessions,
                the_sessions_of_a_person_are_found_until_they_end,
                a_session_comes_back_as_it_was,
                a_session_is_found_by_its_secret_only,
                a_session_never_stored_can_be_ended,
                a_session_of_another_person_is_left_alone,
                an_ended_session_is_over_for_good,
                an_expired_session_is_not_found,
                an_unknown_user_gets_no_session,
                signing_in_again_replaces_the_secret,
            }
            together {
                openings_at_once_are_each_decided,
                revocations_at_once_are_each_decided,
                rotations_at_once_are_each_decided,
                values_spent_at_once_are_each_decided,
            }
            users {
                a_password_is_replaced_only_as_it_was_known,
                a_rehash_brings_no_old_password_back,
                a_rehearsal_leaves_no_trace,
                a_subject_and_a_username_are_given_once,
                a_user_comes_back_as_they_were,
                an_import_gives_a_name_once,
                an_import_may_give_a_removed_users_subject_again,
                an_import_says_what_became_of_each,
                an_unknown_user_is_not_found,
                changing_an_unknown_user_says_so,
                claims_are_replaced_only_as_they_were_read,
                concurrent_imports_insert_everybody_once,
                enabling_leaves_not_before,
                not_before_never_moves_back,
                one_of_64_concurrent_inserts_gets_the_username,
                set_claims_replaces_just_the_claims,
                set_password_moves_not_before,
                signing_everyone_out_counts_who_moved,
                signing_in_says_whether_there_is_a_second_factor,
                users_are_listed_by_the_page,
            }
        }
    };
}

/// One module a subject, one test a property. Use [`store_contract!`](crate::store_contract).
#[doc(hidden)]
#[macro_export]
macro_rules! mount_properties {
    ($fresh:expr; $($subject:ident $properties:tt)*) => {
        $($crate::mount_properties! { @subject $fresh; $subject $properties })*
    };
    (@subject $fresh:expr; $subject:ident { $($property:ident,)* }) => {
        mod $subject {
            #[allow(unused_imports, reason = "the expression that makes a store names what stands around it")]
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $property() {
                    $crate::contract::$subject::$property($fresh.await).await;
                }
            )*
        }
    };
}

#[cfg(test)]
mod tests {
    /// Sources of the modules above, by name.
    const SUBJECTS: &[(&str, &str)] = &[
        ("budget", include_str!("budget.rs")),
        ("clients", include_str!("clients.rs")),
        ("conditions", include_str!("conditions.rs")),
        ("consents", include_str!("consents.rs")),
        ("declarations", include_str!("declarations.rs")),
        ("devices", include_str!("devices.rs")),
        ("guards", include_str!("guards.rs")),
        ("keys", include_str!("keys.rs")),
        ("listing", include_str!("listing.rs")),
        ("liveness", include_str!("liveness.rs")),
        ("logout_notices", include_str!("logout_notices.rs")),
        ("model", include_str!("model.rs")),
        ("opening", include_str!("opening.rs")),
        ("registrations", include_str!("registrations.rs")),
        ("revocation", include_str!("revocation.rs")),
        ("rotation", include_str!("rotation.rs")),
        ("second_factors", include_str!("second_factors.rs")),
        ("sessions", include_str!("sessions.rs")),
        ("together", include_str!("together.rs")),
        ("users", include_str!("users.rs")),
    ];

    #[test]
    fn every_property_is_mounted() {
        let mounted = include_str!("mount.rs");
        for (subject, source) in SUBJECTS {
            let properties: Vec<&str> = source
                .lines()
                .filter_map(|line| line.strip_prefix("pub async fn ")?.split_once('('))
                .map(|(name, _)| name)
                .collect();
            assert!(!properties.is_empty(), "{subject} has no property");
            for property in properties {
                assert!(mounted.contains(&format!("    {property},\n")), "{subject}::{property} is not mounted");
            }
        }
    }

    #[test]
    fn every_subject_is_listed() {
        let declared = include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("pub mod "));
        let declared: Vec<&str> = declared.map(|name| name.trim_end_matches(';')).collect();
        let listed: Vec<&str> = SUBJECTS.iter().map(|(subject, _)| *subject).collect();
        assert_eq!(declared, listed);
    }
}
