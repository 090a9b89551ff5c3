"""What the source must not do, found in its syntax tree. Each rule has an example that breaks it and one that doesn't.

Ruff's S rules (bandit) know Python; these know this project: Django's ways around escaping, scoping and transactions.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Finder = Callable[[ast.Call], bool]


def name_of(node: ast.AST) -> str:
    """The dotted name of what is called, without the values in between: a.b().c → a.b.c."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}".lstrip(".")
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return node.id if isinstance(node, ast.Name) else ""


def last(call: ast.Call) -> str:
    return name_of(call.func).rsplit(".", 1)[-1]


def constant(node: ast.AST | None) -> bool:
    """Whether a value stands in the source as it is: a literal, or literals put together."""
    if isinstance(node, ast.JoinedStr):
        return all(isinstance(part, ast.Constant) for part in node.values)
    if isinstance(node, ast.BinOp):
        return constant(node.left) and constant(node.right)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(constant(one) for one in node.elts)
    return isinstance(node, ast.Constant)


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.AST | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if position is not None and len(call.args) > position else None


def says(node: ast.AST | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


def from_request(node: ast.AST) -> bool:
    """Whether a value comes from request.GET, .POST, .data, .query_params, .COOKIES, .headers or .body."""
    wanted = {"GET", "POST", "data", "query_params", "COOKIES", "headers", "body", "META", "FILES"}
    return any(
        isinstance(inner, ast.Attribute) and inner.attr in wanted and name_of(inner.value).split(".")[-1] == "request"
        for inner in ast.walk(node)
    )


def any_from_request(call: ast.Call) -> bool:
    return any(from_request(value) for value in (*call.args, *(keyword.value for keyword in call.keywords)))


def method(*names: str) -> Finder:
    return lambda call: isinstance(call.func, ast.Attribute) and call.func.attr in names


def named(*names: str) -> Finder:
    return lambda call: name_of(call.func) in names


def both(*finders: Finder) -> Finder:
    return lambda call: all(finder(call) for finder in finders)


def not_constant(position: int, name: str = "") -> Finder:
    return lambda call: (value := argument(call, name, position)) is not None and not constant(value)


def keyword_is(name: str, value: object) -> Finder:
    return lambda call: says(argument(call, name), value)


def leads_away(call: ast.Call) -> bool:
    """Whether a target is what somebody asked for; a route of ours with their query behind it is not."""
    for value in call.args:
        head = value.values[0] if isinstance(value, ast.JoinedStr) and value.values else None
        ours = isinstance(head, ast.FormattedValue) and name_of(head.value) == "reverse"
        if from_request(value) and not ours:
            return True
    return False


QUERIES = ("filter", "exclude", "get", "get_or_create", "update_or_create", "create", "update")


def spread_of_request(call: ast.Call) -> bool:
    return any(keyword.arg is None and from_request(keyword.value) for keyword in call.keywords)


def formatted(position: int = 0) -> Finder:
    """An f-string with a value of a request, a `%` or a `.format` in SQL; names from our own constants are f-strings."""

    def found(call: ast.Call) -> bool:
        value = argument(call, "sql", position)
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mod):
            return True
        if isinstance(value, ast.Call) and last(value) == "format":
            return True
        return value is not None and from_request(value)

    return found


@dataclass(frozen=True, slots=True)
class Rule:
    """name: how an exception is written. why: what goes wrong. bad, good: examples."""

    name: str
    why: str
    found: Finder
    bad: str
    good: str


RULES = (
    Rule("sql-format", "values in the text of SQL are commands", both(method("execute", "executemany", "raw"), formatted()),
         'cursor.execute("SELECT %s" % name)', 'cursor.execute("SELECT %s", [name])'),
    Rule("sql-request", "what is asked for becomes SQL", both(named("RawSQL", "expressions.RawSQL"), not_constant(0)),
         "RawSQL(text, [])", 'RawSQL("lower(name)", [])'),
    Rule("sql-extra", "extra() takes SQL in every argument", both(method("extra"), lambda call: bool(call.keywords)),
         'rows.extra(where=["id = %s" % number])', "rows.filter(pk=number)"),
    Rule("filter-request", "whoever asks chooses the fields and look-ups", both(method(*QUERIES), spread_of_request),
         "rows.filter(**request.GET.dict())", 'rows.filter(code=request.GET["code"])'),
    Rule("q-request", "the same through Q", both(named("Q", "models.Q"), spread_of_request),
         "Q(**request.POST)", 'Q(code=request.POST["code"])'),
    Rule("order-request", "sorting by any field tells its value", both(method("order_by", "distinct", "values", "values_list", "only", "defer", "alias", "annotate"), any_from_request),
         'rows.order_by(request.GET["sort"])', "rows.order_by(ORDERS[key])"),
    Rule("model-request", "fields that no form names are set", both(lambda call: last(call)[:1].isupper(), spread_of_request),
         "Person(**request.POST.dict())", 'Person(name=request.POST["name"])'),
    Rule("setattr-request", "any attribute is set", both(named("setattr", "getattr"), any_from_request),
         'setattr(row, request.POST["field"], 1)', "setattr(row, field, 1)"),
    Rule("mark-safe", "what is marked as safe is not escaped", both(named("mark_safe", "SafeString", "safestring.mark_safe"), not_constant(0)),
         "mark_safe(text)", 'mark_safe("<br>")'),
    Rule("format-html", "a made-up format is not escaped", both(named("format_html"), not_constant(0)),
         'format_html(f"<b>{name}</b>")', 'format_html("<b>{}</b>", name)'),
    Rule("template-from-text", "a template from a value is a program", both(named("Template", "template.Template", "engines.from_string", "Engine.from_string"), not_constant(0)),
         "Template(text)", 'Template("{{ name }}")'),
    Rule("render-locals", "locals() shows what nobody meant", both(named("render"), lambda call: any(isinstance(one, ast.Call) and last(one) == "locals" for one in call.args)),
         'render(request, "page.html", locals())', 'render(request, "page.html", {"a": 1})'),
    Rule("response-request", "what is asked is written back unescaped", both(lambda call: last(call) in ("HttpResponse", "StreamingHttpResponse"), any_from_request),
         'HttpResponse(request.GET["q"])', 'HttpResponse("ok")'),
    Rule("redirect-request", "other sites are gone to", both(named("redirect", "HttpResponseRedirect"), leads_away),
         'redirect(request.GET["next"])', "redirect(target_of(request))"),
    Rule("csrf-exempt", "another site's form is taken", named("csrf_exempt"), "csrf_exempt(view)", "csrf_protect(view)"),
    Rule("url-open", "nothing outside is asked, least of all by an address from a value",
         named("urlopen", "urllib.request.urlopen", "request.urlopen", "requests.get", "requests.post", "requests.request", "httpx.get", "httpx.post", "urlretrieve"),
         "requests.get(url)", "rows.get(pk=1)"),
    Rule("socket", "nothing outside is connected to", both(named("socket.create_connection", "create_connection"), not_constant(0)),
         "socket.create_connection((host, 80))", 'socket.create_connection(("127.0.0.1", 80))'),
    Rule("pickle", "reading is running", named("pickle.loads", "pickle.load", "marshal.loads", "shelve.open", "dill.loads", "joblib.load"),
         "pickle.loads(data)", "json.loads(data)"),
    Rule("yaml-load", "YAML makes objects", named("yaml.load", "yaml.full_load", "yaml.unsafe_load", "yaml.load_all"),
         "yaml.load(text)", "yaml.safe_load(text)"),
    Rule("yaml-type", "ruamel's unsafe reader makes objects", both(named("YAML", "yaml.YAML"), lambda call: says(argument(call, "typ", 0), "unsafe") or says(argument(call, "typ", 0), "base")),
         'YAML(typ="unsafe")', 'YAML(typ="rt")'),
    Rule("eval", "a text becomes a program", named("eval", "exec", "compile", "builtins.eval", "__import__"), "eval(text)", "int(text)"),
    Rule("shell", "a text becomes a command", lambda call: keyword_is("shell", True)(call) or named("os.system", "os.popen", "subprocess.getoutput", "commands.getoutput")(call),
         "subprocess.run(line, shell=True)", 'subprocess.run(["ls", path])'),
    Rule("temp-name", "somebody else makes the file first", named("tempfile.mktemp", "mktemp", "os.tempnam"), "tempfile.mktemp()", "tempfile.mkstemp()"),
    Rule("unpack", "names inside an archive lead anywhere", method("extractall", "unpack_archive"), "archive.extractall(folder)", "archive.open(name)"),
    Rule("xml", "entities grow without end", named("minidom.parseString", "sax.parse", "sax.parseString", "lxml.etree.parse", "lxml.etree.fromstring", "pulldom.parse", "expatbuilder.parse"),
         "minidom.parseString(text)", "json.loads(text)"),
    Rule("weak-random", "guessable", both(named("random.random", "random.choice", "random.randint", "random.randrange", "random.getrandbits", "random.token"), lambda call: True),
         "random.choice(letters)", "secrets.choice(letters)"),
    Rule("weak-hash", "collides", both(named("hashlib.md5", "hashlib.sha1", "md5", "sha1"), lambda call: not says(argument(call, "usedforsecurity"), False)),
         "hashlib.md5(data)", "hashlib.sha256(data)"),
    Rule("verify-off", "anybody is taken for the server", lambda call: keyword_is("verify", False)(call) or named("ssl._create_unverified_context", "ssl.CERT_NONE")(call),
         "session.get(url, verify=False)", "session.get(url, verify=True)"),
    Rule("autoescape-off", "nothing is escaped", keyword_is("autoescape", False), "Engine(autoescape=False)", "Engine(autoescape=True)"),
    Rule("cookie-open", "scripts and other sites see it", both(method("set_cookie"), lambda call: not says(argument(call, "httponly"), True) or argument(call, "samesite") is None),
         'response.set_cookie("a", "b")', 'response.set_cookie("a", "b", httponly=True, samesite="Lax")'),
    Rule("upload-name", "a name from outside leads anywhere", both(named("open", "Path", "os.path.join"), any_from_request),
         'open(request.POST["file"])', 'open(BASE / "file")'),
    Rule("guardian-shortcut", "guardian's own check knows no dates", named("get_objects_for_user", "assign_perm", "get_perms", "remove_perm"),
         "get_objects_for_user(user, perm)", "scoped(user, permission, rows, path)"),
    Rule("has-perm", "Django's flags give nothing here", method("has_perm", "has_perms", "has_module_perms"),
         'user.has_perm("change")', "may(user, permission, unit)"),
    Rule("password-plain", "the service decides on passwords", both(method("make_random_password", "create_superuser"), lambda call: True),
         'User.objects.create_superuser("a")', 'user_create(actor=None, username="a")'),
)  # fmt: skip


def calls_of(source: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield node


def names_everything(source: str) -> Iterator[int]:
    """`fields = "__all__"` of forms and serializers, decorators and imports: what isn't a call."""
    for node in ast.walk(ast.parse(source)):
        names = {one.id for one in getattr(node, "targets", []) if isinstance(one, ast.Name)}
        if "fields" in names and says(getattr(node, "value", None), "__all__"):
            yield node.lineno
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                if name_of(decorator).rsplit(".", 1)[-1] == "csrf_exempt":
                    yield node.lineno
        if isinstance(node, ast.ImportFrom | ast.Import):
            modules = {alias.name for alias in node.names} | {getattr(node, "module", "") or ""}
            if modules & {"pickle", "marshal", "shelve", "telnetlib", "ftplib", "dill"}:
                yield node.lineno


def broken(source: str) -> list[tuple[str, int]]:
    """(rule, line) of everything that a piece of source does and must not."""
    found = [(rule.name, call.lineno) for call in calls_of(source) for rule in RULES if rule.found(call)]
    return sorted(found + [("declared", line) for line in names_everything(source)])
