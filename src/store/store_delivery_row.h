#ifndef STORE_STORE_DELIVERY_ROW_H
#define STORE_STORE_DELIVERY_ROW_H

/* Inside store/: whom consent and suppression allow to be mailed, of a row of
   delivery. */
#define GM_STORE_DELIVERY_MAILABLE                                    \
	"EXISTS (SELECT 1 FROM subscriber s"                          \
	" WHERE s.id = delivery.subscriber_id AND s.state = 'active'" \
	" AND NOT EXISTS (SELECT 1 FROM suppression p"                \
	"  WHERE p.address_key = s.address_key))"

#endif
