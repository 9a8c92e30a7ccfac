#ifndef CLI_CMD_SUBSCRIBER_STORY_H
#define CLI_CMD_SUBSCRIBER_STORY_H

/* A contact's story for people and as JSON: changes, consent, mails. */

#include "store/store_consent.h"
#include "store/store_history.h"
#include "store/store_subscriber.h"
#include "json/json.h"

struct cmd_story {
	struct store_consents consents;
	struct store_subscriber_mails mails;
	struct store_changes changes;
};

/* A line per event, oldest first. */
void cmd_story_print(struct arena *arena, const struct cmd_story *story);

/* What a change did, without what stands in the record of consent: "added",
   "department: 国際課 → 交流課"; "" when nothing is left. */
const char *cmd_story_tell(
    struct arena *arena, const struct store_change *change);

/* Sets a change as the members of `object`. */
void cmd_story_set_change(struct json *object, struct arena *arena,
    const struct store_change *change);

/* 32 bytes as sha256sum prints them; "" for NULL. */
const char *cmd_story_hex(struct arena *arena, const unsigned char *sha256);

#endif
