"""The services that the client calls over D-Bus, by python3-dbus on a dbus-daemon of their own.

bus_judge.py SOCKET CALLS: prints "ready" once they answer; appends each call to CALLS as a line.
"""
import subprocess
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

address = f"unix:path={sys.argv[1]}"
daemon = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}", "--print-address"],
                          stdout=subprocess.PIPE, text=True)
daemon.stdout.readline()
DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(address)


def note(*parts):
    with open(sys.argv[2], "a", encoding="utf-8") as file:
        file.write(" | ".join(str(part) for part in parts) + "\n")


class Notifications(dbus.service.Object):
    @dbus.service.method("org.freedesktop.Notifications", in_signature="susssasa{sv}i", out_signature="u",
                         sender_keyword="sender")
    def Notify(self, name, replaces, icon, summary, body, actions, hints, expires, sender=None):
        note("Notify", bus.get_unix_user(sender), name, replaces, summary, body, len(actions), int(hints["urgency"]), expires)
        return 1


class Manager(dbus.service.Object):
    @dbus.service.method("org.freedesktop.login1.Manager", in_signature="b", sender_keyword="sender")
    def Reboot(self, interactive, sender=None):
        if interactive:
            raise dbus.exceptions.DBusException("nobody is there to be asked")
        note("Reboot", bus.get_unix_user(sender))


names = [dbus.service.BusName(name, bus) for name in ("org.freedesktop.Notifications", "org.freedesktop.login1")]
services = [Notifications(bus, "/org/freedesktop/Notifications"), Manager(bus, "/org/freedesktop/login1")]
print("ready", flush=True)
try:
    GLib.MainLoop().run()
finally:
    daemon.kill()
