"""One guarded HTTP client for every code host: where it may connect, how long, how much, how often, what may come back.

A token travels in the `Authorization` header only. It is in no URL, no error and no `repr`.
"""

import random
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from json import dumps
from ssl import SSLContext
from types import TracebackType
from urllib.parse import urlencode

import requests
from requests.cookies import RequestsCookieJar

from integrations.addresses import Destination, OutboundPolicy
from integrations.answer_store import AnswerStore, confirm
from integrations.answers import Answer, check_answer, rate_budget
from integrations.connections import (
    CURRENT_DEADLINE,
    Deadline,
    GuardedAdapter,
    GuardedDial,
    Resolver,
    resolve_checked,
    system_resolver,
)
from integrations.errors import ConnectionFailed, RateLimited, Refused, Stage, Unavailable, UnexpectedResponse
from integrations.fields import Json, JsonObject
from integrations.paging import LINKS, PageStyle, RowKey, read_listing
from integrations.request_count import RequestCount
from integrations.tls import trust_context
from integrations.urls import Params, RemoteUrl, join_url, parse_url, with_query

TRIES = 3
LONGEST_FIRST_PAUSE = 0.5  # seconds; doubled for each further try
MOST_REDIRECTS = 3
SMALLEST_LIMIT = 20  # of a rate limit below it, a share means nothing
JSON = "application/json"
CHUNK = 64 * 1024
SHORTEST_PASSWORD = 6  # a shorter one is in too many words to be told from them
REDIRECTS = frozenset({301, 302, 303, 307, 308})
NOT_MODIFIED = 304
Check = Callable[[Answer], None]
Sign = Callable[[str, RemoteUrl], str]  # method and URL -> the Authorization header
_FINAL_STAGES = frozenset({Stage.ADDRESS, Stage.TLS})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much: seconds per silent read and per whole call, bytes of a decoded body."""

    read_seconds: float = 20.0
    call_seconds: float = 60.0
    body_bytes: int = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Timing:
    """The clocks, and how to wait. Tests put in their own."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float, float], float] = random.uniform


class HttpClient:
    """Requests below one base URL, with one credential. Threads may share it."""

    def __init__(
        self,
        base_url: str,
        *,
        policy: OutboundPolicy,
        destination: Destination = Destination.INTEGRATION,
        authorization: str | Sign = "",
        headers: Mapping[str, str] | None = None,
        check: Check | None = None,
        ca_pem: str = "",
        limits: Limits | None = None,
        timing: Timing | None = None,
        count: RequestCount | None = None,
        resolver: Resolver = system_resolver,
        answers: AnswerStore | None = None,
        reserve: float = 0.0,
    ) -> None:
        """`authorization`: the header's value, or what makes it from method and URL. `headers` go with every request.

        `check` sees every answer of a reading or writing call first, and raises what the host says in its own way.
        `answers`: what this credential's owner got before. `reserve`: the share of a rate limit to leave to others.

        Raises Refused for a base URL that is none, ValueError for an unreadable CA certificate.
        """
        self.base = parse_url(base_url.rstrip("/"))
        self.count = count or RequestCount()
        self._policy = policy
        self._destination = destination
        self._authorization = authorization
        self._headers = dict(headers or {})
        self._check = check
        self._limits = limits or Limits()
        self._timing = timing or Timing()
        self._resolver = resolver
        self._answers = answers
        self._reserve = reserve
        self._session = _open_session(
            GuardedDial(policy, destination, resolver), trust_context(ca_file=policy.ca_file, ca_pem=ca_pem)
        )

    def __repr__(self) -> str:
        return f"HttpClient({self.base})"

    def __enter__(self) -> "HttpClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def forget_answers(self) -> None:
        """Ask for everything anew from now on, whatever was kept."""
        if self._answers is not None:
            self._answers.forget()

    def url(self, path: str, params: Params | None = None) -> RemoteUrl:
        """The address of a path below the base URL."""
        return parse_url(f"{self.base}{with_query(path, params)}")

    def get_json(self, path: str, params: Params | None = None) -> Json:
        """Read one document; tried up to three times. Raises the CodeHostError family."""
        return self._read(self.url(path, params), is_fresh=False).json()

    def read_bytes(self, path: str, params: Params | None = None) -> Answer:
        """Read a file as it is; tried up to three times. Raises as `get_json`."""
        url = self.url(path, params)
        return self._retry(lambda deadline: self._follow(url, lambda each: self._fetch(each, deadline)))

    def query_json(self, path: str, payload: JsonObject) -> Json:
        """Read with a POST, as GraphQL does; tried up to three times, never kept. Raises as `get_json`."""
        url, body = self.url(path), dumps(payload).encode()

        def ask(deadline: Deadline) -> Answer:
            self._spare_budget()
            answer = self._send("POST", url, deadline, headers={"Content-Type": JSON}, body=body)
            self._judge(answer)
            return answer

        return self._retry(ask).json()

    def paginate(
        self, path: str, params: Params | None = None, *, key: RowKey = "id", style: PageStyle = LINKS
    ) -> Iterator[JsonObject]:
        """Read a whole list in full pages. Yields everything or raises; see `paging`."""
        first = self.url(path, {**style.first_params(), **(params or {})})
        yield from read_listing(first, self._read, key=key, style=style)

    def post_json(self, path: str, payload: JsonObject) -> Json:
        """Create something. Sent once."""
        return self._write("POST", path, payload).json()

    def patch_json(self, path: str, payload: JsonObject) -> Json:
        """Change something. Sent once."""
        return self._write("PATCH", path, payload).json()

    def put_json(self, path: str, payload: JsonObject) -> Json:
        """Replace something. Sent once."""
        return self._write("PUT", path, payload).json()

    def delete(self, path: str, payload: JsonObject | None = None) -> None:
        """Remove something. Sent once; raises NotFound when it is not there."""
        self._write("DELETE", path, payload)

    def look(self, path: str, params: Params | None = None, *, accept: str = "*/*") -> Answer:
        """One GET whose answer is returned whatever its status, redirects included. Raises for failed connections."""
        return self._send("GET", self.url(path, params), self._deadline(), headers={"Accept": accept})

    def post_form(self, address: str, fields: Mapping[str, str], *, authorization: str = "") -> Answer:
        """Send a form once to a whole URL of this host, and return the answer whatever its status.

        `authorization`: the header, where this client has none of its own.
        """
        url = parse_url(address)
        if url.origin != self.base.origin:
            raise Refused(f"{url.origin} is not {self.base.origin}")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if authorization:
            headers["Authorization"] = authorization
        body = urlencode(fields).encode()
        return self._send("POST", url, self._deadline(), headers=headers, body=body)

    def _read(self, url: RemoteUrl, *, is_fresh: bool) -> Answer:
        return self._retry(
            lambda deadline: self._follow(url, lambda each: self._ask(each, deadline, is_fresh=is_fresh))
        )

    def _retry(self, read: Callable[[Deadline], Answer]) -> Answer:
        deadline = self._deadline()
        for attempt in range(1, TRIES):
            try:
                return read(deadline)
            except Unavailable as error:
                self._pause(error, attempt, deadline)
            self.count.add_retry()
        return read(deadline)

    def _follow(self, url: RemoteUrl, ask: Callable[[RemoteUrl], Answer]) -> Answer:
        """Follow redirects within the origin only."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = ask(url)
            if answer.status not in REDIRECTS:
                self._judge(answer)
                return answer
            url = _redirect_target(url, answer)
        raise UnexpectedResponse(f"{answer.request}: more than {MOST_REDIRECTS} redirects")

    def _judge(self, answer: Answer) -> None:
        if self._check is not None:
            self._check(answer)
        check_answer(answer, now=self._timing.now())

    def _fetch(self, url: RemoteUrl, deadline: Deadline) -> Answer:
        self._spare_budget()
        return self._send("GET", url, deadline, headers={"Accept": "*/*"})

    def _ask(self, url: RemoteUrl, deadline: Deadline, *, is_fresh: bool) -> Answer:
        """One GET for JSON; when the host only confirms what this credential's owner got before, that."""
        self._spare_budget()
        kept = None if is_fresh or self._answers is None else self._answers.find(url, JSON)
        headers = {} if kept is None else {"If-None-Match": kept.headers["etag"]}
        answer = self._send("GET", url, deadline, headers=headers)
        if answer.status == NOT_MODIFIED:
            if kept is None:
                raise UnexpectedResponse(f"{answer.request}: the host confirms an answer that we do not have")
            self.count.add_not_modified()
            return confirm(kept, answer)
        if self._answers is not None:
            self._answers.keep(url, JSON, answer)
        return answer

    def _spare_budget(self) -> None:
        """Raise RateLimited when what the host still takes is meant for others."""
        budget = self.count.budget
        if not self._reserve or budget is None or budget.limit < SMALLEST_LIMIT or budget.resets_at is None:
            return
        if budget.remaining <= budget.limit * self._reserve and budget.resets_at > self._timing.now():
            text = f"{budget.remaining} of {budget.limit} requests are left, and kept for what people wait for"
            raise RateLimited(text, retry_at=budget.resets_at)

    def _pause(self, error: Unavailable, attempt: int, deadline: Deadline) -> None:
        """Wait a moment before the next try, or raise the error again when waiting makes no sense.

        A rate limit is never waited for here: it ends the job, which goes on when the host said.
        """
        if isinstance(error, ConnectionFailed) and error.diagnosis.stage in _FINAL_STAGES:
            raise error
        seconds = self._timing.jitter(0.0, LONGEST_FIRST_PAUSE * 2**attempt)
        if seconds >= deadline.ends_at - self._timing.monotonic():
            raise error
        self._timing.sleep(seconds)

    def _write(self, method: str, path: str, payload: JsonObject | None) -> Answer:
        body = None if payload is None else dumps(payload).encode()
        headers = {} if body is None else {"Content-Type": JSON}
        answer = self._send(method, self.url(path), self._deadline(), headers=headers, body=body)
        self._judge(answer)
        return answer

    def _deadline(self) -> Deadline:
        clock = self._timing.monotonic
        return Deadline(clock() + self._limits.call_seconds, self._limits.read_seconds, clock)

    def _send(
        self,
        method: str,
        url: RemoteUrl,
        deadline: Deadline,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request and its whole answer. Raises Refused, Unavailable, ConnectionFailed or UnexpectedResponse."""
        self._policy.check_url(url, self._destination)
        proxies = self._proxies(url)
        sent = {"Accept": JSON, **self._headers, **(headers or {})}
        if sign := self._authorization:
            sent["Authorization"] = sign if isinstance(sign, str) else sign(method, url)
        self.count.add()
        token = CURRENT_DEADLINE.set(deadline)
        try:
            with self._session.request(
                method,
                str(url),
                data=body,
                headers=sent,
                stream=True,
                allow_redirects=False,
                timeout=min(deadline.remaining(), self._limits.read_seconds),
                proxies=proxies,
            ) as response:
                return self._receive(f"{method} {url.path}", response, deadline)
        except requests.RequestException as error:
            raise Unavailable(f"{method} {url.path}: {_describe_failure(error)}") from None
        finally:
            CURRENT_DEADLINE.reset(token)

    def _receive(self, request: str, response: requests.Response, deadline: Deadline) -> Answer:
        body = bytearray()
        for chunk in response.iter_content(CHUNK):
            body += chunk
            deadline.remaining()
            if len(body) > self._limits.body_bytes:
                raise UnexpectedResponse(f"{request}: the answer is larger than {self._limits.body_bytes} bytes")
        headers = {name.lower(): value for name, value in response.headers.items()}
        told = self._without_token(bytes(body), is_error=response.status_code >= 400)
        answer = Answer(request, response.status_code, headers, told)
        budget = rate_budget(answer, self._timing.now())
        if budget is not None:
            self.count.note_budget(budget)
        return answer

    def _without_token(self, body: bytes, *, is_error: bool) -> bytes:
        """The body, without our own token in case that the host sends it back: error texts quote bodies.

        Passwords can be words that answers hold as well, so they are taken out of errors only.
        """
        scheme, _, sent = (self._authorization if isinstance(self._authorization, str) else "").rpartition(" ")
        secrets = [sent.encode()]
        if is_error and scheme == "Basic":
            password = b64decode(sent).partition(b":")[2]
            secrets.append(password if len(password) >= SHORTEST_PASSWORD else b"")
        for secret in filter(None, secrets):
            body = body.replace(secret, b"***")
        return body

    def _proxies(self, url: RemoteUrl) -> dict[str, str]:
        """The proxy for this URL. It resolves names by itself, so what we know of them is judged here."""
        proxy = self._policy.proxy_for(url)
        if not proxy:
            return {}
        with suppress(ConnectionFailed):  # a name that only the proxy can resolve is the proxy's to judge
            resolve_checked(url, policy=self._policy, destination=self._destination, resolver=self._resolver)
        return {url.scheme: proxy}


def _open_session(dial: GuardedDial, context: SSLContext) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.headers.update({"User-Agent": "Repertory", "Accept-Encoding": "gzip"})
    session.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, GuardedAdapter(dial, context))
    return session


def _redirect_target(url: RemoteUrl, answer: Answer) -> RemoteUrl:
    target = join_url(url, answer.headers.get("location", ""))
    if target.origin != url.origin:
        raise UnexpectedResponse(
            f"{answer.request}: the host redirects to {target.origin}, which we do not follow; correct the base URL"
        )
    return target


def _describe_failure(error: requests.RequestException) -> str:
    """Our own words: the library's text may hold the whole URL."""
    if isinstance(error, requests.Timeout) or "timed out" in str(error).lower():
        return "the host did not answer in time"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "the answer is compressed in a broken way"
    return "the connection broke before the answer was complete"
