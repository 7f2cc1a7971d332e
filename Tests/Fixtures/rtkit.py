"""rtkit.py SOCKET [REFUSAL]: a system bus with nothing on it but rtkit (org.freedesktop.RealtimeKit1). Says
"ready", then a line for each thread that gets priority: its number, the priority, and its process's limit of real
time in microseconds. Like rtkit it refuses processes without that limit, and with REFUSAL everybody."""
import os, resource, socket, struct, sys
from jeepney import HeaderFields, MessageType, Parser, new_error, new_method_return

LONGEST_RUN_US = 200_000


def say(*words):
    print(*words, flush=True)


def authenticate(stream):
    """SASL EXTERNAL, as the D-Bus specification has it; the kernel knows who it is."""
    stream.read(1)
    for line in iter(stream.readline, b""):
        word = line.split()[0]
        if word == b"BEGIN":
            return
        if word == b"AUTH" and len(line.split()) < 3:
            answer = b"DATA"
        elif word in (b"AUTH", b"DATA"):
            answer = b"OK 0123456789abcdef0123456789abcdef"
        else:
            answer = b"AGREE_UNIX_FD" if word == b"NEGOTIATE_UNIX_FD" else b"ERROR"
        stream.write(answer + b"\r\n")
        stream.flush()


def answer(call, process):
    member = call.header.fields[HeaderFields.member]
    if member == "Hello":
        return new_method_return(call, "s", (":1.1",))
    if call.header.fields[HeaderFields.path] != "/org/freedesktop/RealtimeKit1":
        return new_error(call, "org.freedesktop.DBus.Error.UnknownObject", "s", ("nothing there",))
    if member == "Get" and call.body == ("org.freedesktop.RealtimeKit1", "RTTimeUSecMax"):
        return new_method_return(call, "v", (("x", LONGEST_RUN_US),))
    if member == "MakeThreadRealtime" and call.header.fields[HeaderFields.signature] == "tu":
        limit = resource.prlimit(process, resource.RLIMIT_RTTIME)[1]
        if REFUSAL or not 0 < limit <= LONGEST_RUN_US:
            return new_error(call, "org.freedesktop.DBus.Error.AccessDenied", "s", (REFUSAL or "no limit",))
        say(*call.body, limit)
        return new_method_return(call)
    return new_error(call, "org.freedesktop.DBus.Error.UnknownMethod", "s", (f"no {member}",))


path, REFUSAL = sys.argv[1], " ".join(sys.argv[2:])
door = socket.socket(socket.AF_UNIX)
door.bind(path)
door.listen()
say("ready")
while True:
    client, _ = door.accept()
    process = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    with client, client.makefile("rwb") as stream:
        authenticate(stream)
        parser, serial = Parser(), 0
        while data := stream.read1(65536):
            parser.add_data(data)
            while call := parser.get_next_message():
                if call.header.message_type is not MessageType.method_call:
                    continue
                serial += 1
                stream.write(answer(call, process).serialise(serial))
                stream.flush()
