#include "digest/alarm_mail.h"

#include "base/now.h"
#include "base/text.h"
#include "digest/plain_mail.h"
#include "unicode/unicode.h"

enum { SUBJECT_BYTES = 200, LINE_COLUMNS = 74 };

static char *
make_body(struct arena *arena, const struct alarm_mail *mail)
{
	const char *time = now_format_local(arena, mail->raised_ms);
	const char *text = unicode_fold(arena,
	    arena_format(arena, "  %s", text_printable(arena, mail->text)),
	    LINE_COLUMNS, "  ");

	return arena_format(arena,
	    "The newsletter's sending raised an alarm at %s (%s %s):\r\n"
	    "\r\n%s\r\n\r\n"
	    "`glocal-mail status` shows how it stands. A program wrote this "
	    "mail.\r\n"
	    "\r\n-- \r\n\r\n"
	    "ニュースレターの配信システムが%sに警報を出しました"
	    "（%s %s）。\r\n"
	    "内容は上の英文のとおりです。現在の状態は「glocal-mail "
	    "status」で確認できます。\r\n"
	    "このメールは自動で送信されています。\r\n",
	    time, mail->kind, mail->subject, text, time, mail->kind,
	    mail->subject);
}

bool
alarm_mail_compose(struct arena *arena, const struct alarm_mail *mail,
    struct buf *out, const char **ret_message_id, struct err *err)
{
	const struct plain_mail plain = {
		.sender = mail->sender,
		.key = mail->key,
		.sign = mail->sign,
		.rcpt = mail->rcpt,
		.rcpt_name = "",
		.subject = arena_format(arena, "glocal-mail alarm: %.16s %.*s",
		    mail->kind, SUBJECT_BYTES, mail->subject),
		.body = make_body(arena, mail),
		.dated_ms = mail->dated_ms,
		.number = mail->number,
	};

	return plain_mail_compose(arena, &plain, out, ret_message_id, err);
}
