"""The HTML of the sign-in page: no script, nothing from elsewhere, every text escaped."""

from __future__ import annotations

from html import escape

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    # Not `no-referrer`: browsers then send their forms with `Origin: null`, as from another site.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Vitals: sign in</title>
<style>body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 4rem auto; padding: 0 1rem }}
input, button {{ font: inherit; padding: .4rem .6rem; width: 100%; box-sizing: border-box; margin: .5em 0 }}
.fault {{ border-left: .3rem solid #b3261e; padding-left: .7rem }}</style></head>
<body><main>{body}</main></body>
</html>
"""
SIGN_IN = """<h1>Vitals</h1>
{fault}<form method="post" action="/sign-in">
<input type="hidden" name="token" value="{token}"><input type="hidden" name="next" value="{next}">
<label for="key">Your key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
<button>Sign in</button>
</form>
<p>No key yet? Whoever runs Vitals makes one:
<code>vitals keys create --name you --scope score:read --scope cases:write</code></p>"""
SIGNED_IN = """<h1>Vitals</h1>
<p>Signed in as {name}{owner}.</p>
<form method="post" action="/sign-out"><input type="hidden" name="token" value="{token}">
<button>Sign out</button></form>"""


def sign_in_page(token: str, wanted: str, fault: str = "") -> str:
    """The form that takes a key; `wanted` is the path to go to afterwards, `fault` what was wrong."""
    said = f'<p class="fault" role="alert">{escape(fault)}</p>' if fault else ""
    return PAGE.format(body=SIGN_IN.format(fault=said, token=escape(token), next=escape(wanted)))


def signed_in_page(name: str, owner: str | None, token: str) -> str:
    """Who is signed in, and the way out."""
    whose = f", with the accounts of {owner}" if owner else ""
    return PAGE.format(body=SIGNED_IN.format(name=escape(name), owner=escape(whose), token=escape(token)))
