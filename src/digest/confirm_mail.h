#ifndef DIGEST_CONFIRM_MAIL_H
#define DIGEST_CONFIRM_MAIL_H

/*
 * The mail that asks somebody to confirm a subscription, in their language.
 * Its text is templates/confirm.LANGUAGE.txt, the site's own or the shipped
 * one: the first line is "Subject: …". It must say who sends it, from which
 * postal address, whom to ask, and how to confirm and to be left alone
 * ({{SENDER_NAME}} {{SENDER_POSTAL}} {{SENDER_CONTACT}} {{CONFIRM_URL}}
 * {{UNSUBSCRIBE_URL}}); without any of these nothing is sent. It may say
 * {{ADDRESS}} {{VALID_UNTIL}}, {{NAME}} within {{#NAMED}}, {{WORDING_TEXT}}
 * within {{#WORDING}}. Lines are folded at 70 columns.
 */

#include "base/buf.h"
#include "config/site.h"
#include "digest/template_folder.h"
#include "model/subscriber.h"
#include "secret/secret.h"
#include "sign/sign.h"

/* The templates of both languages. Lives in `arena`, but for what
   confirm_mail_close frees. */
struct confirm_mail;

/* Reads and checks them. Errors: ERR_DATA (what is wrong, with file and line),
   ERR_UNAVAILABLE. */
bool confirm_mail_open(struct arena *arena, const struct site *site,
    struct confirm_mail **ret_mail, struct err *err) GM_MUST_CHECK;
void confirm_mail_close(struct confirm_mail *mail); /* NULL is allowed */

/* All that is wrong with them, with its place (template_lint.h). */
void confirm_mail_lint(
    const struct template_folder *folder, struct complaints *complaints);

struct confirm_mail_to {
	int64_t subscriber;
	const char *address;
	const char *name; /* "" when it is not known */
	enum language language;
	const char *wording; /* the text that they agree to; NULL: none */
	int64_t valid_to_ms;
	int64_t dated_ms;
	int64_t number; /* one that no other notice has */
};

/* Appends the message and gives its Message-ID. Errors: ERR_DATA. */
bool confirm_mail_compose(struct arena *arena, const struct confirm_mail *mail,
    const struct confirm_mail_to *to, const struct secret_key *key,
    const struct sign *sign, struct buf *out, const char **ret_message_id,
    struct err *err) GM_MUST_CHECK;

#endif
