#include "base/fault.h"

#include <stddef.h>

/* Where a test can end or stop this program, in the order of a pass. */
const char *const fault_points[] = {
	"request.claimed",
	"keys.before_store",
	"request.before_answer",
	"request.answered",
	"pass.locked",
	"pass.begun",
	"refresh.before_store",
	"refresh.stored",
	"discover.before_regions",
	"look.before_ask",
	"look.before_write",
	"look.written",
	"look.before_seen",
	"look.seen",
	"discover.before_settle",
	"discover.settled",
	"verify.before",
	"verify.done",
	"plan.before",
	"plan.made",
	"act.before_intend",
	"act.intended",
	"act.before_call",
	"act.after_call",
	"act.before_record",
	"act.recorded",
	"pass.before_end",
	"pass.ended",
	NULL
};
