"""Headless Chromium with a file as its microphone, for a test that sits before it.

    browser.py PROFILE_DIRECTORY MICROPHONE.wav URL

Each line on standard input is JSON: {"evaluate": expression} (of JavaScript, awaited) or
{"screenshot": file}. Each gets one line: {"value": ...} or {"error": text}. Ends with its input.
Speaks the Chrome DevTools protocol over the browser's pipe, so that no port is opened.
"""

import base64
import json
import os
import subprocess
import sys


class Page:
    def __init__(self, profile, microphone, url):
        commands, self._to = os.pipe()
        self._from, answers = os.pipe()

        def place():  # the browser reads 3 and writes 4
            keep = os.dup(commands), os.dup(answers)
            os.dup2(keep[0], 3)
            os.dup2(keep[1], 4)

        self.browser = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             f"--user-data-dir={profile}", "--remote-debugging-pipe",
             "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
             f"--use-file-for-fake-audio-capture={microphone}",
             "--autoplay-policy=no-user-gesture-required", "--ignore-certificate-errors",
             "--window-size=420,800", "about:blank"],
            preexec_fn=place, close_fds=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self._unread = b""
        self._number = 0
        self._session = None
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(t["targetId"] for t in targets if t["type"] == "page")
        self._session = self.call(
            "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Page.navigate", url=url)
        while self._message().get("method") != "Page.loadEventFired":
            pass

    def _message(self):
        while b"\0" not in self._unread:
            chunk = os.read(self._from, 1 << 20)
            if not chunk:
                sys.exit("the browser is gone")
            self._unread += chunk
        message, self._unread = self._unread.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            request["sessionId"] = self._session
        os.write(self._to, json.dumps(request).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self._number:
                return message["result"]

    def evaluate(self, expression):
        result = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True,
            userGesture=True)
        if "exceptionDetails" in result:
            return {"error": result["exceptionDetails"].get("exception", {}).get("description")}
        return {"value": result["result"].get("value")}

    def screenshot(self, file):
        picture = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        with open(file, "wb") as out:
            out.write(picture)
        return {"value": len(picture)}


def main():
    page = Page(*sys.argv[1:4])
    print(json.dumps({"value": "ready"}), flush=True)
    try:
        for line in sys.stdin:
            request = json.loads(line)
            if "evaluate" in request:
                answer = page.evaluate(request["evaluate"])
            else:
                answer = page.screenshot(request["screenshot"])
            print(json.dumps(answer), flush=True)
    finally:
        page.browser.terminate()
        page.browser.wait()


main()
