/*
 * The floor that the API is measured against: the least that a FastCGI
 * responder can do to answer from the database.  One prepared SELECT by id, no
 * routing, no caller, no tenant, no checks.
 *
 *	floor CONNINFO      on the socket that is descriptor 0
 *
 * /one/UUID answers one policy's JSON, /page/UUID the first 50 resources of an
 * organization.
 */
#include <fcgiapp.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONE "select body::text from api.policies where id = $1::uuid"
#define PAGE "select json_agg(body)::text from (select body from " \
	"api.resources where organization_id = $1::uuid order by name, id " \
	"limit 50) page"

static PGconn *
connect_and_prepare(const char *conninfo)
{
	PGconn *conn = PQconnectdb(conninfo);

	if (PQstatus(conn) != CONNECTION_OK) {
		fprintf(stderr, "floor: %s", PQerrorMessage(conn));
		exit(EXIT_FAILURE);
	}
	PQclear(PQexec(conn, "set search_path = diurnal"));
	PQclear(PQprepare(conn, "one", ONE, 1, NULL));
	PQclear(PQprepare(conn, "page", PAGE, 1, NULL));
	return conn;
}

static PGresult *
ask(PGconn *conn, const char *uri)
{
	const char *id = strrchr(uri, '/');

	id = id != NULL ? id + 1 : uri;
	return PQexecPrepared(conn, strncmp(uri, "/one/", 5) == 0 ? "one" :
	    "page", 1, &id, NULL, NULL, 0);
}

static void
answer(FCGX_Request *request, PGconn *conn)
{
	const char *uri = FCGX_GetParam("REQUEST_URI", request->envp);
	PGresult *result = ask(conn, uri != NULL ? uri : "");

	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
		FCGX_FPrintF(request->out,
		    "Content-Type: application/json\r\n\r\n%s",
		    PQgetvalue(result, 0, 0));
	else
		FCGX_FPrintF(request->out, "Status: 500\r\n\r\n");
	PQclear(result);
}

int
main(int argc, char *argv[])
{
	FCGX_Request request;
	PGconn *conn;

	if (argc != 2)
		return 64;
	conn = connect_and_prepare(argv[1]);
	FCGX_Init();
	FCGX_InitRequest(&request, 0, 0);
	while (FCGX_Accept_r(&request) == 0) {
		answer(&request, conn);
		FCGX_Finish_r(&request);
	}
	PQfinish(conn);
	return EXIT_SUCCESS;
}
