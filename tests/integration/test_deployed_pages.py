"""The pages as they are deployed answer as they do on one machine: the same addresses, files and headers."""

import json
import re
from pathlib import Path

import pytest

from infra.release import faces
from infra.release.deploy import pages
from tests.deployed import BASE, Answer, Bucket, Deployed
from tests.integration.test_faces import ask
from tests.world import World

ADDRESSES = [
    "/citizen/",
    "/citizen/consent?merchant=x",
    "/portal/",
    "/desk/",
    "/transparency/?serial=SH1",
    *sorted(f"/assets/{path.name}" for path in (faces.DIST / "assets").iterdir()),
]
OF_ITS_OWN = ("ETag", "Content-Length", "Content-Encoding", "Content-Security-Policy")


@pytest.fixture(scope="module")
def deployed() -> Deployed:
    return Deployed()


def get(deployed: Deployed, path: str, **headers: str) -> Answer:
    found = deployed.answer("GET", BASE + path, **headers)
    assert found, path
    return found


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_is_the_same_deployed_as_on_one_machine(deployed: Deployed, world: World, path: str) -> None:
    status, headers, content = ask("GET", path)
    found = get(deployed, path)
    assert (found.status, found.body) == (status, content) == (200, content)
    assert {name: value for name, value in found.headers.items() if name not in OF_ITS_OWN} == {
        name: value for name, value in headers.items() if name not in OF_ITS_OWN
    }
    assert ("Content-Security-Policy" in found.headers) == ("Content-Security-Policy" in headers)


@pytest.mark.parametrize("face", faces.PAGES)
def test_an_address_without_its_slash_leads_on(deployed: Deployed, world: World, face: str) -> None:
    found = get(deployed, f"/{face}")
    assert (found.status, found.headers["Location"]) == (308, f"{face}/")  # beside itself, wherever the API lies
    assert ask("GET", f"/{face}")[0] == 308


@pytest.mark.parametrize("path", ["/assets/x.js", "/assets/..%2f..", "/assets/%2e%2e"])
def test_what_is_no_page_is_the_problem_it_always_was(deployed: Deployed, world: World, path: str) -> None:
    _, headers, content = ask("GET", path)
    found = get(deployed, path)
    assert (found.status, found.headers) == (
        404,
        {name: value for name, value in headers.items() if name != "Content-Length"},
    )
    assert json.loads(found.body) | {"instance": path} == json.loads(content)


@pytest.mark.parametrize("path", ["/citizen/other", "/desk/consent", "/assets", "/assets/a/b", "/", "/v1/health"])
def test_no_other_address_of_the_api_is_taken(deployed: Deployed, path: str) -> None:
    assert deployed.answer("GET", BASE + path) is None
    assert deployed.answer("POST", f"{BASE}/citizen/") is None


def test_a_browser_that_has_the_page_gets_no_second_one(deployed: Deployed) -> None:
    first = get(deployed, "/portal/")
    again = get(deployed, "/portal/", if_none_match=first.headers["ETag"])
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    head = deployed.answer("HEAD", f"{BASE}/portal/")
    assert head == first._replace(body=b"")


def test_people_sign_in_with_the_issuer_of_the_stage(deployed: Deployed) -> None:
    found = get(deployed, f"/{faces.CONFIG}")
    assert json.loads(found.body) == {
        "oidc": {"issuer": "https://login.example.org/realm", "client_id": "faces", "scope": "openid"}
    }
    assert (found.headers["Content-Type"], found.headers["Cache-Control"]) == ("application/json", "no-cache")


@pytest.mark.parametrize("face", faces.PAGES)
def test_a_page_asks_its_own_origin_the_bucket_and_the_issuer_and_nobody_else(face: str) -> None:
    deployed = Deployed(OidcOrigins="https://tokens.example.org https://userinfo.example.org")
    policy = get(deployed, f"/{face}/").headers["Content-Security-Policy"]
    rules = {name: values.split() for name, _, values in (each.strip().partition(" ") for each in policy.split(";"))}
    bucket = "https://documents.s3.eu-central-1.amazonaws.com"
    issuer = ["https://login.example.org", "https://tokens.example.org", "https://userinfo.example.org"]
    assert rules["connect-src"] == ["'self'", bucket, *issuer]
    assert rules["script-src"] == rules["style-src"] == rules["default-src"] == ["'self'"]
    assert rules["img-src"] == ["'self'", "data:", "blob:", bucket]
    assert rules["frame-src"] == ["'self'", "blob:", bucket]
    assert "unsafe" not in policy


def test_every_kind_of_file_is_text_so_the_gateway_hands_it_on_as_it_is() -> None:
    for path in faces.DIST.rglob("*.*"):
        path.read_bytes().decode()
    assert not {kind.partition(";")[0] for kind in faces.TYPES.values()} & {"image/png", "application/pdf"}


def test_a_deployment_removes_nothing_and_sends_nothing_twice(tmp_path: Path) -> None:
    bucket, stage = Bucket(), {"OidcIssuer": "https://a.example", "OidcClientId": "faces"}
    pages_of = {f"{face}/index.html": "<!doctype html>" for face in faces.PAGES}
    for name, text in ({"assets/a-12345678.js": "a"} | pages_of).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def deploy(**changes: str) -> str:
        return pages.upload(bucket, "b", pages.files(tmp_path, stage | changes, "https://d.example"))  # type: ignore[arg-type]

    first = deploy()
    assert bucket.puts[-1] == f"{first}/faces.json"  # the last: it stands for all
    assert set(bucket.objects) == {"assets/a-12345678.js", *(f"{first}/{name}" for name in (*pages_of, "faces.json"))}
    sent = len(bucket.puts)
    assert (deploy(), len(bucket.puts)) == (first, sent)
    (tmp_path / "assets" / "a-12345678.js").rename(tmp_path / "assets" / "b-12345678.js")
    second = deploy()
    third = deploy(OidcClientId="other")
    assert len({first, second, third}) == 3
    assert {"assets/a-12345678.js", "assets/b-12345678.js", f"{first}/citizen/index.html"} <= bucket.objects.keys()


@pytest.mark.parametrize(
    ("region", "partition", "expected"),
    [
        ("us-east-1", "aws", "https://documents.s3.us-east-1.amazonaws.com"),
        ("cn-north-1", "aws-cn", "https://documents.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_documents_come_from_where_signed_links_lead(
    region: str, partition: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.files import client as files

    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    files.client.cache_clear()
    s3 = files.client()
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "documents", "Key": "k"})
    form = s3.generate_presigned_post("documents", "k")
    files.client.cache_clear()
    assert s3.meta.partition == partition
    assert pages.origin("documents", s3) == expected
    assert {re.match("https://[^/]+", each)[0] for each in (link, form["url"])} == {expected}  # type: ignore[index]


@pytest.mark.parametrize("origins", ["tokens.example.org", "https://a.example/", "https://a.example; script-src *"])
def test_what_is_no_origin_is_not_let_into_the_policy(origins: str) -> None:
    with pytest.raises(SystemExit, match="is no origin"):
        Deployed(OidcOrigins=origins)


def test_a_package_without_pages_is_not_deployed(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="lacks citizen, portal, desk, transparency: make package first"):
        Deployed(tmp_path)
