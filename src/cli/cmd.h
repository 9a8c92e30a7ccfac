#ifndef CLI_CMD_H
#define CLI_CMD_H

/* The functions behind the command table (commands.c), one file for those
   that belong together, and the options of each. */

#include "cli/command.h"

/* The site. */
bool cmd_init(struct command_run *run, struct err *err);
bool cmd_check(struct command_run *run, struct err *err);
extern const struct command_option cmd_init_options[];
extern const struct command_option cmd_check_options[];
bool cmd_backup(struct command_run *run, struct err *err);
bool cmd_restore(struct command_run *run, struct err *err);
extern const struct command_option cmd_backup_options[];
extern const struct command_option cmd_restore_options[];

/* Contacts. */
bool cmd_subscriber_import(struct command_run *run, struct err *err);
bool cmd_subscriber_export(struct command_run *run, struct err *err);
bool cmd_subscriber_list(struct command_run *run, struct err *err);
bool cmd_subscriber_show(struct command_run *run, struct err *err);
bool cmd_subscriber_add(struct command_run *run, struct err *err);
bool cmd_subscriber_edit(struct command_run *run, struct err *err);
bool cmd_subscriber_undo(struct command_run *run, struct err *err);
bool cmd_subscriber_history(struct command_run *run, struct err *err);
bool cmd_subscriber_remove(struct command_run *run, struct err *err);
bool cmd_subscriber_unsubscribe(struct command_run *run, struct err *err);
bool cmd_subscriber_reinstate(struct command_run *run, struct err *err);
bool cmd_subscriber_hand_over(struct command_run *run, struct err *err);
bool cmd_audience_count(struct command_run *run, struct err *err);
bool cmd_audience_list(struct command_run *run, struct err *err);
bool cmd_segment_add(struct command_run *run, struct err *err);
bool cmd_segment_list(struct command_run *run, struct err *err);
bool cmd_segment_remove(struct command_run *run, struct err *err);
bool cmd_organisation_list(struct command_run *run, struct err *err);
bool cmd_organisation_rename(struct command_run *run, struct err *err);
bool cmd_organisation_merge(struct command_run *run, struct err *err);
bool cmd_coverage(struct command_run *run, struct err *err);
bool cmd_subscriber_export_person(struct command_run *run, struct err *err);
bool cmd_subscriber_erase(struct command_run *run, struct err *err);
bool cmd_subscriber_confirm(struct command_run *run, struct err *err);
bool cmd_consent_show(struct command_run *run, struct err *err);
bool cmd_consent_wording_list(struct command_run *run, struct err *err);
bool cmd_consent_wording_add(struct command_run *run, struct err *err);
bool cmd_purge(struct command_run *run, struct err *err);
extern const struct command_option cmd_consent_show_options[];
extern const struct command_option cmd_consent_wording_list_options[];
extern const struct command_option cmd_consent_wording_add_options[];
extern const struct command_option cmd_purge_options[];
bool cmd_tag_list(struct command_run *run, struct err *err);
bool cmd_tag_add(struct command_run *run, struct err *err);
bool cmd_tag_import(struct command_run *run, struct err *err);
bool cmd_tag_rename(struct command_run *run, struct err *err);
bool cmd_tag_merge(struct command_run *run, struct err *err);
bool cmd_tag_remove(struct command_run *run, struct err *err);
bool cmd_municipality_list(struct command_run *run, struct err *err);
bool cmd_municipality_import(struct command_run *run, struct err *err);
bool cmd_municipality_show(struct command_run *run, struct err *err);
bool cmd_municipality_merge(struct command_run *run, struct err *err);
bool cmd_suppress_list(struct command_run *run, struct err *err);
bool cmd_suppress_add(struct command_run *run, struct err *err);
bool cmd_suppress_remove(struct command_run *run, struct err *err);
extern const struct command_option cmd_subscriber_import_options[];
extern const struct command_option cmd_subscriber_export_options[];
extern const struct command_option cmd_subscriber_list_options[];
extern const struct command_option cmd_subscriber_show_options[];
extern const struct command_option cmd_subscriber_add_options[];
extern const struct command_option cmd_subscriber_edit_options[];
extern const struct command_option cmd_subscriber_history_options[];
extern const struct command_option cmd_subscriber_unsubscribe_options[];
extern const struct command_option cmd_subscriber_reinstate_options[];
extern const struct command_option cmd_subscriber_hand_over_options[];
extern const struct command_option cmd_audience_count_options[];
extern const struct command_option cmd_audience_list_options[];
extern const struct command_option cmd_segment_list_options[];
extern const struct command_option cmd_organisation_list_options[];
extern const struct command_option cmd_organisation_options[];
extern const struct command_option cmd_organisation_merge_options[];
extern const struct command_option cmd_coverage_options[];
extern const struct command_option cmd_tag_list_options[];
extern const struct command_option cmd_tag_rename_options[];
extern const struct command_option cmd_tag_merge_options[];
extern const struct command_option cmd_tag_add_options[];
extern const struct command_option cmd_municipality_list_options[];
extern const struct command_option cmd_municipality_import_options[];
extern const struct command_option cmd_municipality_show_options[];
extern const struct command_option cmd_municipality_merge_options[];
extern const struct command_option cmd_suppress_list_options[];
extern const struct command_option cmd_suppress_add_options[];

/* Issues and sending. */
bool cmd_issue_list(struct command_run *run, struct err *err);
bool cmd_issue_new(struct command_run *run, struct err *err);
bool cmd_issue_check(struct command_run *run, struct err *err);
extern const struct command_option cmd_issue_list_options[];
extern const struct command_option cmd_issue_check_options[];
bool cmd_template_list(struct command_run *run, struct err *err);
bool cmd_template_check(struct command_run *run, struct err *err);
extern const struct command_option cmd_template_list_options[];
extern const struct command_option cmd_template_check_options[];
bool cmd_preview(struct command_run *run, struct err *err);
bool cmd_explain(struct command_run *run, struct err *err);
bool cmd_archive(struct command_run *run, struct err *err);
bool cmd_approve(struct command_run *run, struct err *err);
bool cmd_send(struct command_run *run, struct err *err);
bool cmd_deliver(struct command_run *run, struct err *err);
extern const struct command_option cmd_preview_options[];
extern const struct command_option cmd_explain_options[];
extern const struct command_option cmd_archive_options[];
extern const struct command_option cmd_approve_options[];
extern const struct command_option cmd_send_options[];

/* Operators. */
bool cmd_status(struct command_run *run, struct err *err);
bool cmd_log(struct command_run *run, struct err *err);
bool cmd_queue(struct command_run *run, struct err *err);
bool cmd_pace(struct command_run *run, struct err *err);
extern const struct command_option cmd_pace_options[];
bool cmd_pause(struct command_run *run, struct err *err);
bool cmd_resume(struct command_run *run, struct err *err);
bool cmd_cancel(struct command_run *run, struct err *err);
bool cmd_retry(struct command_run *run, struct err *err);
extern const struct command_option cmd_status_options[];
extern const struct command_option cmd_log_options[];
extern const struct command_option cmd_queue_options[];
extern const struct command_option cmd_retry_options[];

#endif
