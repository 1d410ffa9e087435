/*
 * Cross-origin requests (Fetch standard): which origins' pages may call us.
 */
#ifndef API_CORS_H
#define API_CORS_H

#include <stdbool.h>

#include "base/config.h"
#include "http/request.h"
#include "http/response.h"

/* Answer a preflight; false if ${request} is none. */
bool cors_preflight(const struct config *config,
    const struct request *request, struct response *response);

/* Let the origin's page read the response, if it may. */
void cors_headers(const struct config *config, const struct request *request,
    struct response *response);

#endif
