//! What every job store must do, case by case, over the [`JobStore`] port alone.
//!
//! A store joins with a [`Harness`] and one line, `contract_suite!(ItsHarness)`, which makes a test
//! of each case under the case's own name.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod scene;
pub mod attempts {
    pub mod clock;
    pub mod endings;
    pub mod failed;
    pub mod leases;
    pub mod moves;
    pub mod retries;
}
pub mod directory {
    pub mod forget;
    pub mod holds;
    pub mod models;
    pub mod reports;
    pub mod stats;
}
pub mod finished {
    pub mod cancel;
    pub mod failures;
    pub mod requeue;
    pub mod restore;
    pub mod retention;
}
pub mod queueing {
    pub mod claim;
    pub mod priorities;
    pub mod queues;
    pub mod submit;
    pub mod unfinished;
    pub mod wakes;
}
pub mod reading {
    pub mod beat;
    pub mod callbacks;
    pub mod changes;
    pub mod status;
}

use std::sync::Arc;
use std::time::Duration;

use photo_core::ports::JobStore;
use photo_store::Settings;

/// How long finished jobs are kept in these tests.
pub const RETENTION: Duration = Duration::from_hours(1);
/// How many crashes a job survives in these tests, plus one.
pub const MAX_CRASHES: u8 = 3;
/// How long a lease lasts in these tests unless the case says otherwise.
pub const LEASE: Duration = Duration::from_secs(10);

/// One kind of job store, as the cases use it.
pub trait Harness: Sized {
    /// An empty store of its own that follows [`settings`].
    async fn start() -> Self;

    /// The store.
    fn store(&self) -> Arc<dyn JobStore>;

    /// Moves the store's clock forward, and with it all that ends by itself.
    fn advance(&self, by: Duration);

    /// Sets the clock of the store's machine back. No time passes.
    fn set_back(&self, by: Duration);

    /// Sets the clock of the store's machine forward. No time passes.
    fn set_forward(&self, by: Duration);
}

/// The rules that the cases count on; the prefix is the harness's business.
pub fn settings() -> Settings {
    Settings { retention: RETENTION, max_crashes: MAX_CRASHES, ..Settings::default() }
}

/// Makes one test of every case. A case that is not listed here is dead code, which the compiler
/// reports.
macro_rules! contract_suite {
    ($harness:ident) => {
        contract_suite! { @cases $harness
            queueing::submit {
                a_new_job_is_queued
                a_job_submitted_twice_is_queued_once_and_then_exists
                a_job_named_twice_in_one_request_is_queued_once
                the_answers_come_in_the_order_of_the_request
                an_empty_submission_is_answered_with_nothing
                submitting_again_answers_the_state_the_job_is_in
                submitting_again_does_not_change_the_priority
                a_cancelled_job_submitted_again_is_queued
                a_rerun_forgets_the_outcome_and_the_counts
                a_rerun_leaves_unfinished_jobs_alone
                a_job_queued_again_is_submitted_at_the_later_time
                submissions_at_the_same_time_queue_each_job_once
                a_large_submission_is_queued_whole
                a_refill_queues_what_is_unknown_and_leaves_all_else_as_it_is
                what_a_refill_finds_is_not_counted_as_submitted_again
                an_unknown_job_that_ended_before_is_forgotten_and_nothing_is_written
                a_known_job_that_ended_before_is_submitted_like_any_other
                a_rerun_queues_an_unknown_job_that_ended_before
                looking_changes_nothing
            }
            queueing::claim {
                jobs_of_one_priority_come_out_in_the_order_they_went_in
                no_more_than_the_slots_are_handed_out
                a_claim_without_slots_gets_nothing
                a_claim_that_wants_nothing_gets_nothing
                a_claim_of_an_unknown_model_is_empty
                a_claim_takes_no_job_of_another_model
                models_are_served_in_the_order_asked_for
                the_limit_holds_over_two_dispatchers
                an_ended_job_frees_its_place_under_the_limit
                two_dispatchers_never_get_the_same_job
                fences_grow_with_every_claim
                each_job_of_a_batch_has_its_own_fence
                a_claimed_job_runs_since_its_fence
                attempts_count_every_claim
                nothing_is_due_when_nothing_is_on_its_way
                a_new_lease_is_due_when_it_ends
                the_sooner_of_lease_end_and_waiting_time_is_due
                what_is_due_in_other_models_does_not_count
            }
            queueing::priorities {
                busy_priorities_share_a_model_by_their_weights
                a_batch_has_the_shares_of_as_many_claims
                jobs_of_one_priority_keep_their_order_among_the_others
                a_priority_without_jobs_leaves_its_share_to_the_others
                the_weights_are_those_of_the_claim
                a_claim_without_slots_uses_up_no_turn
                each_model_has_shares_of_its_own
                cancelled_jobs_have_no_share
                a_released_job_keeps_its_priority
                a_rerun_takes_the_priority_it_is_given
            }
            attempts::leases {
                an_extended_lease_outlives_its_first_end
                extensions_are_answered_in_order
                a_lease_that_is_over_but_not_taken_is_still_extended
                a_lease_put_back_in_line_is_lost
                a_lease_taken_over_by_another_is_lost
                the_lease_of_an_ended_job_is_lost
                an_extension_says_that_the_job_is_to_be_cancelled
                a_claim_takes_over_what_a_silent_dispatcher_held
                an_expired_job_goes_to_the_head_of_its_line
                housekeeping_puts_expired_jobs_back_in_line
                a_dispatcher_that_fell_silent_is_not_a_failure_of_the_job
                a_job_whose_dispatchers_died_too_often_fails
                only_deaths_in_a_row_speak_against_a_job
                a_claim_puts_back_at_most_a_thousand_and_is_due_at_once
                expired_jobs_keep_the_order_of_their_claims
            }
            attempts::endings {
                a_result_is_kept_byte_for_byte
                a_result_of_a_megabyte_is_kept
                the_second_ending_of_a_lease_is_stale
                an_ending_repeated_in_one_request_is_stale
                a_late_ending_counts_if_nobody_took_the_job
                a_late_ending_is_stale_once_the_job_is_back_in_line
                a_late_ending_is_stale_once_another_has_the_job
                an_ending_from_before_a_rerun_is_stale
                the_ending_of_an_unknown_job_is_stale
                endings_are_answered_in_order_and_a_stale_one_stops_no_other
                a_finish_may_claim_in_the_same_trip
                a_finish_without_a_claim_claims_nothing
                finishing_nothing_is_an_ordinary_claim
            }
            attempts::failed {
                a_failure_is_kept_with_its_error
                a_failed_job_is_not_handed_out
                a_success_after_a_retry_shows_no_error
                an_error_without_an_http_status_has_none_when_read
            }
            finished::failures {
                failures_come_with_what_they_failed_of
                the_latest_failure_comes_first_and_no_more_than_asked_for
                no_more_than_a_thousand_failures_come_at_once
                only_what_can_be_put_back_in_line_is_listed
                a_model_without_failures_has_an_empty_list
            }
            attempts::retries {
                a_retry_waits_its_time_and_counts_a_failure
                a_retry_without_delay_is_handed_out_by_the_next_claim
                a_release_goes_back_to_the_head_and_costs_nothing
                a_release_with_a_delay_waits_without_a_failure
                a_release_keeps_the_error_it_was_given
                a_release_without_an_error_keeps_the_earlier_one
                jobs_that_come_due_go_to_the_front_in_the_order_of_their_times
                jobs_due_at_the_same_moment_keep_the_order_of_their_claims
                a_retry_goes_to_the_front_of_its_own_priority
                thousands_that_come_due_at_once_keep_their_order
                jobs_handed_back_together_keep_the_order_of_their_claims
                housekeeping_puts_due_jobs_back_in_line
                a_waiting_job_of_another_model_stays_until_its_model_is_asked_for
            }
            finished::cancel {
                a_queued_job_is_cancelled_at_once_and_never_handed_out
                a_waiting_job_is_cancelled_at_once_and_never_comes_due
                a_running_job_runs_on_until_its_dispatcher_lets_go
                a_job_that_was_finished_all_the_same_is_recorded_as_it_is
                a_retry_of_a_job_to_be_cancelled_cancels_it
                a_release_of_a_job_to_be_cancelled_cancels_it
                the_end_of_the_lease_of_a_job_to_be_cancelled_cancels_it
                a_cancellation_goes_before_dying_too_often
                finished_jobs_stay_as_they_are
                only_the_models_named_are_cancelled
                all_jobs_of_the_image_are_answered_by_model_name
                an_unknown_image_has_nothing_to_cancel
                cancelling_twice_is_the_same_as_once
                a_job_cancelled_and_submitted_again_is_handed_out_once
                a_rerun_job_is_no_longer_to_be_cancelled
            }
            finished::requeue {
                failed_jobs_named_are_put_back_in_line
                jobs_that_are_not_failed_are_left_alone
                a_job_named_twice_is_put_back_once
                the_oldest_failures_go_first
                no_more_than_the_count_are_put_back
                only_the_model_named_is_put_back
                a_requeued_job_has_a_clean_slate
                a_requeued_job_keeps_its_priority
                a_job_that_died_of_its_dispatchers_can_be_put_back
            }
            finished::restore {
                a_restored_job_shows_as_it_did
                a_job_is_given_back_once
                a_job_that_is_known_is_left_as_it_is
                nothing_is_counted_of_restored_jobs
                restored_failures_can_be_put_back_in_line
                a_restored_job_can_be_done_again
                a_restored_job_that_was_cancelled_can_be_submitted
                restored_jobs_are_kept_for_their_time_from_now_on
                with_a_restored_job_the_time_of_its_whole_image_begins_anew
                a_restored_job_stays_as_long_as_its_image_is_unfinished
                a_job_recorded_in_the_future_does_not_move_the_fences
                restoring_nothing_is_answered_with_none
                a_large_restoration_is_given_back_whole
            }
            reading::beat {
                a_store_keeps_its_name_and_its_count_never_falls
                no_two_stores_have_the_same_name
            }
            reading::status {
                an_image_without_jobs_has_an_empty_list
                many_images_are_answered_in_order
                the_jobs_of_an_image_come_by_model_name
                asking_for_no_images_answers_none
                an_image_asked_for_twice_is_answered_twice
                a_job_tells_its_times
                extending_does_not_change_when_the_state_changed
                only_a_waiting_job_has_a_due_time
            }
            directory::stats {
                every_job_is_counted_where_it_is
                a_model_without_jobs_has_zeros
                the_models_named_come_in_the_order_named
                all_models_come_by_name
                the_counters_tell_what_happened
                cancelled_jobs_leave_the_queue_when_they_are_reached
            }
            queueing::unfinished {
                each_unfinished_job_stands_in_the_list_of_its_state
                a_list_is_read_slice_by_slice
                a_cancelled_job_is_in_no_list
                a_model_without_jobs_has_empty_lists
            }
            directory::holds {
                a_held_model_shows_its_queued_jobs_as_waiting
                a_hold_ends_with_its_lifetime
                a_hold_can_be_lifted
                a_later_hold_replaces_an_earlier_one
                a_hold_leaves_jobs_that_are_not_queued_as_they_are
                a_hold_does_not_keep_jobs_from_being_claimed
                a_hold_does_not_show_while_a_job_of_the_model_runs
                a_hold_of_one_model_does_not_show_at_another
                lifting_what_was_never_held_changes_nothing
            }
            directory::models {
                nothing_is_known_at_first
                an_announced_endpoint_is_known
                an_announcement_repeated_is_no_news
                an_endpoint_is_gone_after_its_lifetime
                a_repeated_announcement_keeps_an_endpoint_alive
                a_model_stays_known_after_its_endpoints_have_gone
                an_endpoint_that_is_renewed_is_alive_again_though_it_was_gone
                an_endpoint_that_is_not_remembered_is_not_renewed
                an_endpoint_is_forgotten_a_day_after_it_was_gone
                of_too_many_endpoints_the_first_to_go_are_forgotten
                a_model_may_have_several_endpoints
                what_a_model_can_say_is_kept
                models_come_by_name
                a_held_model_is_known_with_its_reason
                who_announced_an_endpoint_and_when_is_kept_until_it_is_gone
            }
            directory::forget {
                a_model_without_jobs_is_forgotten_and_that_is_told_for_a_while
                a_model_that_nobody_knows_is_not_forgotten
                a_model_with_unfinished_jobs_is_left_as_it_is
                how_its_jobs_ended_is_still_told
                what_dispatchers_say_of_it_does_not_bring_it_back
                an_announcement_brings_it_back_at_once
                a_job_brings_its_queue_back
            }
            queueing::wakes {
                the_first_message_is_a_reset
                an_idle_dispatcher_is_told_of_new_work
                a_dispatcher_that_got_what_it_wanted_is_not_told
                one_new_job_wakes_one_dispatcher
                two_new_jobs_wake_two_dispatchers
                a_dispatcher_that_is_gone_keeps_no_other_from_the_work
                a_dispatcher_that_was_told_and_died_does_not_hold_up_the_work
                a_wake_up_names_the_model_that_has_work
                a_free_place_under_the_limit_wakes_a_dispatcher
                a_released_job_wakes_a_dispatcher
                a_requeued_job_wakes_a_dispatcher
                a_job_that_comes_due_wakes_a_dispatcher
                an_expired_lease_wakes_a_dispatcher
                every_dispatcher_hears_of_a_cancellation
            }
            reading::changes {
                the_first_message_is_a_reset
                a_job_is_told_of_on_its_way
                what_is_told_can_be_read
                one_call_is_told_once_however_many_jobs_it_changes
                cancellations_are_told_asked_for_and_done
                what_comes_back_in_line_is_told
                what_is_given_back_is_told
                what_changes_nothing_is_not_told
                everybody_who_follows_is_told
                a_follower_that_does_not_read_holds_nothing_up_and_is_told_that_it_missed_some
            }
            reading::callbacks {
                a_callback_is_due_once_all_jobs_of_its_image_have_ended
                whatever_ends_an_image_makes_its_callbacks_due
                a_callback_of_a_finished_image_is_due_at_once
                a_callback_of_some_models_is_due_once_their_jobs_have_ended
                others_jobs_of_the_image_hold_up_no_callback_of_some_models
                callbacks_of_other_models_to_the_same_address_are_others
                the_same_callback_is_kept_once
                a_callback_is_handed_out_once_until_its_lease_is_over
                no_more_callbacks_are_handed_out_than_asked_for_and_the_oldest_first
                a_failed_callback_is_due_again_after_its_time_and_counts
                a_callback_that_came_too_early_waits_for_its_image_again
                an_image_finished_again_does_not_hasten_what_was_handed_out
                what_was_settled_before_is_not_ended_twice
                what_goes_back_in_line_makes_nothing_due
            }
            finished::retention {
                finished_images_disappear_after_their_time
                an_image_with_an_unfinished_job_stays
                an_image_is_kept_from_its_last_change_on
                a_job_that_is_gone_can_be_submitted_anew
                old_failures_leave_the_list
                any_number_of_old_images_disappears_in_time
            }
            queueing::queues {
                a_queue_has_the_numbers_of_the_statistics
                a_line_tells_when_its_first_and_its_last_job_came
                each_priority_has_a_line
                a_job_put_back_at_the_front_does_not_hide_those_behind_it
                a_job_that_comes_due_is_as_old_as_it_was_asked_for
                cancelled_jobs_at_the_ends_are_passed_over
                a_requeued_job_is_as_old_as_it_was_put_back
                a_hold_and_the_endpoints_are_told_of
                queues_come_as_named_or_all_by_name
                a_hundred_queues_come_at_once
            }
            directory::reports {
                a_dispatcher_is_seen_with_what_it_says
                a_dispatcher_that_falls_silent_is_gone
                a_shorter_lifetime_does_not_shorten_another
                a_dispatcher_that_says_so_is_gone_at_once
                dispatchers_come_by_host
            }
            attempts::clock {
                a_lease_runs_out_although_the_clock_was_set_back
                an_extended_lease_holds_although_the_clock_was_set_back
                a_retry_comes_due_although_the_clock_was_set_back
                what_is_said_for_a_while_ends_although_the_clock_was_set_back
                retention_goes_on_although_the_clock_was_set_back
                a_callback_is_due_again_although_the_clock_was_set_back
                a_clock_set_forward_and_back_again_stops_nothing
                a_clock_that_is_set_back_again_and_again_stops_nothing
                times_that_are_told_are_those_of_the_clock
                a_job_never_ended_before_it_began
                the_time_in_which_changes_are_told_only_grows
            }
            attempts::moves {
                every_event_takes_every_state_where_the_table_says
            }
        }
    };
    (@cases $harness:ident $($room:ident::$group:ident { $($case:ident)* })*) => {
        $(
            mod $group {
                $(
                    #[tokio::test]
                    async fn $case() {
                        crate::contract::$room::$group::$case::<super::$harness>().await;
                    }
                )*
            }
        )*
    };
}
