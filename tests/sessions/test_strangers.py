"""What a stranger costs, and what a request that does not ask costs: counted at the driver."""

from tests.sessions.conftest import cookie_of, rows, token_in


def test_a_strangers_public_page_has_no_statement_no_cookie_and_may_be_cached(app, count) -> None:
    client = app.test_client()

    assert count.of(lambda: client.get("/public")) == []
    response = client.get("/public")
    assert "Set-Cookie" not in response.headers
    assert "Vary" not in response.headers
    assert "no-store" not in response.headers.get("Cache-Control", "")


def test_a_strangers_form_has_a_cookie_but_no_statement_and_no_row(app, count) -> None:
    client = app.test_client()

    assert count.of(lambda: client.get("/form")) == []
    assert cookie_of(client).startswith("a")
    assert rows(app) == []


def test_a_stranger_with_an_open_form_costs_nothing_when_reading_the_session(app, count) -> None:
    client = app.test_client()
    client.get("/form")

    assert count.of(lambda: client.get("/read")) == []


def test_a_strangers_form_can_be_posted(app) -> None:
    client = app.test_client()
    token = token_in(client.get("/form"))

    assert client.post("/post", data={"csrf_token": token}).json == {"posted": True}
    assert app.test_client().post("/post", data={"csrf_token": token}).status_code == 400


def test_a_signed_in_request_that_does_not_ask_has_no_statement(app, count) -> None:
    client = app.test_client()
    client.get("/sign-in/7")

    assert count.of(lambda: client.get("/public")) == []


def test_a_signed_in_request_that_asks_has_one_statement(app, count, kept) -> None:
    client = app.test_client()
    client.get("/sign-in/7")

    statements = count.of(lambda: client.get("/who"))

    assert len(statements) == 1
    assert ("user_session" in statements[0]) is (kept == "table"), "Redis is asked for the session"


def test_a_signed_in_form_has_no_statement_of_its_own(app, count) -> None:
    client = app.test_client()
    client.get("/sign-in/7")

    assert count.of(lambda: client.get("/form")) == []


def test_a_response_that_read_the_session_is_kept_by_no_cache(app) -> None:
    client = app.test_client()
    client.get("/sign-in/7")

    response = client.get("/who")

    assert response.headers["Vary"] == "Cookie"
    assert response.headers["Cache-Control"] == "no-store"


def test_a_public_page_for_a_signed_in_person_stays_cacheable(app) -> None:
    client = app.test_client()
    client.get("/sign-in/7")

    response = client.get("/public")

    assert "Vary" not in response.headers
    assert "Set-Cookie" not in response.headers


def test_strangers_are_served_before_the_table_exists(make_app) -> None:
    from tests.sessions.conftest import add_views

    client = add_views(make_app(create_tables=False)).test_client()

    assert client.get("/public").status_code == 200
    token = token_in(client.get("/form"))
    assert client.post("/post", data={"csrf_token": token}).status_code == 200
    assert client.get("/read").json == {}
