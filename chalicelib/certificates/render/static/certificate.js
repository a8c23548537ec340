// Verifies the certificate's signature here, in the reader's browser, and that the page says what was signed.
"use strict";

(() => {
  const page = document.getElementById("certificate");
  const NAMES = { iss: "issuer", jti: "serial" }; // claims whose name in the JWT is another than on the page
  // Codes in words, the same as in chalicelib/labels.py: what the page shows is made again from what was signed.
  const WORDS = {
    "kind": {
      "cancellation": ["碳积分自愿注销", "Voluntary cancellation"],
      "donation": ["碳积分捐赠", "Donation"],
      "campaign": ["碳中和支持", "Carbon neutrality support"],
      "retirement": ["减排量注销", "Retirement"]
    },
    "purpose": {
      "production": ["企业生产经营碳中和", "Carbon-neutral production and operations"],
      "event": ["大型活动碳中和", "Carbon-neutral large-scale event"],
      "voluntary": ["自愿注销", "Voluntary cancellation"],
      "neutrality": ["碳中和", "Carbon neutrality"],
      "offset": ["抵消碳排放", "Offsetting of emissions"]
    }
  };

  class Unreachable extends Error {}

  function bytes(base64url) {
    const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  }

  function parsed(base64url) {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes(base64url)));
  }

  async function publicKeys() {
    try {
      const answer = await fetch(page.dataset.keys, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      return (await answer.json()).keys;
    } catch (error) {
      throw new Unreachable(error.message);
    }
  }

  // The claims of a JWS that one of our keys signed; throws for any other.
  async function verified(jws) {
    const [head, body, signature, ...more] = jws.split(".");
    const header = parsed(head);
    if (more.length || header.alg !== "ES256") throw new Error("not a compact JWS with ES256");
    const jwk = (await publicKeys()).find((key) => key.kid === header.kid);
    if (!jwk) throw new Error(`no key ${header.kid}`);
    const curve = { name: "ECDSA", namedCurve: "P-256" };
    const { kty, crv, x, y } = jwk;
    const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, curve, false, ["verify"]);
    const signed = new TextEncoder().encode(`${head}.${body}`);
    const method = { name: "ECDSA", hash: "SHA-256" };
    if (!(await crypto.subtle.verify(method, key, bytes(signature), signed))) throw new Error("the signature is wrong");
    return parsed(body);
  }

  function inBeijing(stamp) {
    const there = new Date(Date.parse(stamp) + 8 * 3_600_000).toISOString();
    return `${there.slice(0, 10)} ${there.slice(11, 19)}（北京时间） ${stamp}`;
  }

  // A person's purpose is in her own words, even where these look like a code.
  function label(name, said, kind) {
    return name === "purpose" && kind === "cancellation" ? undefined : WORDS[name]?.[said];
  }

  function shownAs(name, said, kind) {
    if (Array.isArray(said)) return said.join("、");
    if (typeof said === "number") return said.toLocaleString("en-US");
    if (name === "issued_at") return inBeijing(said);
    return label(name, said, kind)?.join(" ") ?? said;
  }

  // Every fact on the page must be signed, and every signed fact must be on the page.
  function compare(claims) {
    const { iat, ...told } = claims;
    const signed = new Map(Object.entries(told).map(([name, said]) => [NAMES[name] ?? name, said]));
    const shown = [...document.querySelectorAll("[data-claim]")];
    for (const cell of shown) {
      const name = cell.dataset.claim;
      if (cell.textContent !== shownAs(name, signed.get(name), told.kind)) {
        throw new Error(`${name} is not what was signed`);
      }
    }
    if (shown.length !== signed.size) throw new Error("not all that was signed is shown");
    if (Math.floor(Date.parse(told.issued_at) / 1000) !== iat) throw new Error("issued_at is not what was signed");
  }

  function say(kind, chinese, english) {
    const verdict = document.getElementById("verdict");
    verdict.className = `status ${kind}`;
    verdict.dataset.verdict = kind;
    verdict.replaceChildren(`${chinese} `, Object.assign(document.createElement("small"), { textContent: english }));
  }

  async function verify() {
    if (!page.dataset.jws) {
      return say("waiting", "签名尚未完成，请稍后刷新页面。", "Not signed yet. Reload in a moment.");
    }
    if (!globalThis.crypto?.subtle) {
      return say("waiting", "无法核验：请通过 HTTPS 打开本页。", "Cannot verify here: open this page over https.");
    }
    try {
      compare(await verified(page.dataset.jws));
    } catch (error) {
      if (error instanceof Unreachable) {
        return say("waiting", "暂时无法获取公钥，请稍后刷新页面。", `The keys cannot be fetched: ${error.message}`);
      }
      return say("invalid", "签名无效：本页内容不可采信。", `The signature is invalid: ${error.message}.`);
    }
    if (page.dataset.status !== "valid") {
      return say("invalid", "签名有效，但该凭证已被撤销。", "The signature is valid, but the certificate was revoked.");
    }
    return say("valid", "签名有效：下列内容由管理运营平台签发，未经改动。", "The signature is valid.");
  }

  // A link cannot ask for a PDF: what API Gateway hands out as bytes must stand first in Accept.
  async function download() {
    const answer = await fetch(location.href, { headers: { Accept: "application/pdf" } });
    if (!answer.ok) return;
    const url = URL.createObjectURL(await answer.blob());
    Object.assign(document.createElement("a"), { href: url, download: `${document.title}.pdf` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000); // the download has begun by then
  }

  const button = document.getElementById("pdf");
  button.hidden = false;
  button.addEventListener("click", download);
  verify();
})();
