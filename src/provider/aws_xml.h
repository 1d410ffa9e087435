/*
 * The XML answers of Amazon's Query APIs (EC2 2016-11-15, STS 2011-06-15),
 * read from bytes that anyone may have made.  No network, no files; the
 * memory used follows what is kept of the answer, not its size:
 *
 *	a document type declaration is refused, and with it every entity;
 *	nesting, names, values and the numbers of things are bounded;
 *	nothing is handed out before the document has ended well.
 *
 * All functions return 0, or -1 with FAULT_INVALID: not well-formed XML,
 * another document than expected, or one that breaks a bound.  Results live in
 * the arena; its user keeps 1 MB of it free for them (else FAULT_INVALID).
 */
#ifndef SRC_PROVIDER_AWS_XML_H
#define SRC_PROVIDER_AWS_XML_H

#include <stddef.h>

#include "base/arena.h"
#include "base/failure.h"
#include "provider/provider.h"

/*
 * Bounds: of one value; of texts in a list.  Amazon's own are far below: 256
 * characters for the value of a tag, some 40 regions, 50 machines a command.
 */
#define AWS_VALUE_BYTES ((size_t)8192)
#define AWS_TEXTS       1024

struct aws_found {
	struct sighting sighting;
	struct aws_found *next;
};

/* One page of DescribeInstances. */
struct aws_page {
	const struct aws_found *first;
	const char *next_token;        /* NULL: this is the last page */
};

struct aws_texts {
	const char *const *texts;
	size_t ntexts;
};

struct aws_keys {
	const char *id, *secret;
	const char *token;             /* NULL: they are not temporary */
};

struct aws_error {
	const char *code, *message;    /* never NULL */
};

/* DescribeInstances in ${region}, which outlives the page. */
int aws_xml_page(const char *bytes, size_t length, const char *region,
    struct arena *arena, struct aws_page *page, struct failure *why);

/* DescribeRegions: the codes of those that the account can use. */
int aws_xml_regions(const char *bytes, size_t length, struct arena *arena,
    struct aws_texts *regions, struct failure *why);

/* StartInstances, StopInstances: the ids of which a change is reported. */
int aws_xml_changes(const char *bytes, size_t length, struct arena *arena,
    struct aws_texts *ids, struct failure *why);

/* GetCallerIdentity: the ARN. */
int aws_xml_identity(const char *bytes, size_t length, struct arena *arena,
    const char **arn, struct failure *why);

/* AssumeRole. */
int aws_xml_keys(const char *bytes, size_t length, struct arena *arena,
    struct aws_keys *keys, struct failure *why);

/* The first error of an error document, as EC2 or as STS writes it. */
int aws_xml_error(const char *bytes, size_t length, struct arena *arena,
    struct aws_error *error, struct failure *why);

#endif
