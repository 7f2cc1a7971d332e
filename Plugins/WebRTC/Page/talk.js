"use strict";
// The talk page: a WHIP client (RFC 9725) that also plays what comes back. The microphone goes out, the room
// comes in, and a data channel "parley" carries captions and written messages as JSON.

const $ = id => document.getElementById(id);
/** Time that the browser has to find its addresses before the offer goes out with those it has. */
const gatheringMs = 2000;
const whipPath = "whip";

/** The call at hand: { peer, microphone, resource, channel, context, stop }. */
let call = null;

function show(text, kind = "quiet") {
  $("state").textContent = text;
  $("state").dataset.kind = kind;
}

function setButtons(isInCall) {
  $("connect").textContent = isInCall ? "Hang up" : "Connect";
  $("mute").disabled = !isInCall;
  $("mute").setAttribute("aria-pressed", "false");
}

function authorization() {
  const token = $("token").value;
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Resolves when every address is known, or after a while with those that are. */
function gathered(peer) {
  return new Promise(resolve => {
    const done = () => peer.iceGatheringState === "complete" && resolve();
    peer.addEventListener("icegatheringstatechange", done);
    setTimeout(resolve, gatheringMs);
    done();
  });
}

async function connect() {
  const mine = { peer: new RTCPeerConnection(), stop: [] };
  call = mine;
  setButtons(true);
  try {
    show("Asking for the microphone…");
    mine.microphone = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    if (call !== mine) return release(mine);
    follow(mine);
    show("Calling…");
    await mine.peer.setLocalDescription(await mine.peer.createOffer());
    await gathered(mine.peer);
    if (call !== mine) return release(mine);
    const response = await fetch(whipPath, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", ...authorization() },
      body: mine.peer.localDescription.sdp,
    });
    if (!response.ok) throw new Error(await refusal(response));
    mine.resource = new URL(response.headers.get("Location"), response.url);
    const sdp = await response.text();
    if (call !== mine) return release(mine);
    await mine.peer.setRemoteDescription({ type: "answer", sdp });
  } catch (error) {
    if (call === mine) hangUp(explain(error), "trouble");
  }
}

async function refusal(response) {
  if (response.status === 401 || response.status === 403) {
    $("door").hidden = false;
    $("token").focus();
    return "The room wants an access token. Enter it and connect again.";
  }
  if (response.status === 503) return "The room takes no more callers now. Try again later.";
  const text = (await response.text()).trim();
  return text || `The room refused the call (${response.status}).`;
}

function explain(error) {
  if (error.name === "NotAllowedError") return "The browser may not use the microphone: allow it for this page.";
  if (error.name === "NotFoundError") return "This device has no microphone.";
  if (!navigator.mediaDevices) return "Browsers lend the microphone only to pages by https or from this machine.";
  if (error instanceof TypeError) return "The room can't be reached.";
  return error.message;
}

/** Everything that a call shows. */
function follow(mine) {
  const { peer, microphone } = mine;
  mine.context = new AudioContext();
  for (const track of microphone.getTracks()) {
    peer.addTrack(track, microphone);
    track.onended = () => call === mine && hangUp("The microphone is gone.", "trouble");
  }
  watchLevel(mine, microphone, $("sent"));
  peer.ontrack = event => {
    const stream = event.streams[0] ?? new MediaStream([event.track]);
    $("sound").srcObject = stream;
    $("sound").play().catch(() => show("Press a key or tap the page to hear the room.", "trouble"));
    watchLevel(mine, stream, $("heard"));
  };
  peer.onconnectionstatechange = () => {
    if (call !== mine) return;
    switch (peer.connectionState) {
      case "connected": return show("You are talking with the room.", "talking");
      case "disconnected": return show("The connection is interrupted…", "trouble");
      case "failed": return hangUp("The connection broke.", "trouble");
      case "closed": return hangUp("The room has hung up.");
    }
  };
  mine.channel = peer.createDataChannel("parley");
  mine.channel.onopen = () => { $("text").disabled = $("send").disabled = false; };
  mine.channel.onclose = () => {
    if (call === mine && peer.connectionState === "connected") hangUp("The room has hung up.");
  };
  mine.channel.onmessage = event => {
    let message;
    try { message = JSON.parse(event.data); } catch { return; }
    if (message.type === "caption") caption(message.who ?? "Room", message.text);
    if (message.type === "ended") hangUp(message.reason || "The room has hung up.");
  };
}

function caption(who, text) {
  if (typeof text !== "string") return;
  const line = document.createElement("li");
  const name = document.createElement("span");
  name.className = "who";
  name.textContent = `${who}: `;
  line.append(name, text);
  const list = $("captions");
  list.append(line);
  while (list.children.length > 200) list.firstChild.remove();
  list.scrollTop = list.scrollHeight;
}

/** Shows the level of a stream in dBFS, a few times a second. */
function watchLevel(mine, stream, meter) {
  const analyser = mine.context.createAnalyser();
  analyser.fftSize = 1024;
  mine.context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    meter.value = Math.max(-60, 10 * Math.log10(power + 1e-9));
  }, 100);
  mine.stop.push(() => { clearInterval(timer); meter.value = -60; });
}

function release(mine) {
  mine.stop.forEach(stop => stop());
  mine.microphone?.getTracks().forEach(track => track.stop());
  mine.peer.close();
  mine.context?.close();
  if (mine.resource) {
    fetch(mine.resource, { method: "DELETE", headers: authorization(), keepalive: true }).catch(() => {});
  }
}

function hangUp(text = "You have hung up.", kind) {
  if (!call) return;
  const mine = call;
  call = null;
  release(mine);
  $("sound").srcObject = null;
  $("text").disabled = $("send").disabled = true;
  setButtons(false);
  show(text, kind);
}

$("connect").onclick = () => call ? hangUp() : connect();
$("door").onsubmit = event => { event.preventDefault(); if (!call) connect(); };
$("mute").onclick = () => {
  const isMuted = $("mute").getAttribute("aria-pressed") !== "true";
  call.microphone.getAudioTracks().forEach(track => { track.enabled = !isMuted; });
  $("mute").setAttribute("aria-pressed", String(isMuted));
};
$("say").onsubmit = event => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text || call?.channel?.readyState !== "open") return;
  call.channel.send(JSON.stringify({ type: "message", text }));
  caption("You", text);
  $("text").value = "";
};
addEventListener("click", () => $("sound").srcObject && $("sound").play().catch(() => {}));
addEventListener("pagehide", () => hangUp());
