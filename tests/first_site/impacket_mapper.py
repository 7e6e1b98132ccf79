"""Asks an endpoint mapper with impacket, which is not ours. Run by the system's python3.

impacket_mapper.py HOST PORT map UUID VERSION      the binding that it maps to
impacket_mapper.py HOST PORT insert                what a stranger hears who registers
"""
import sys

from impacket.dcerpc.v5 import epm, transport
from impacket.uuid import uuidtup_to_bin

host, port, what = sys.argv[1:4]
dce = transport.DCERPCTransportFactory(f"ncacn_ip_tcp:{host}[{port}]").get_dce_rpc()
dce.connect()
try:
    if what == "map":
        print(epm.hept_map(host, uuidtup_to_bin((sys.argv[4], sys.argv[5])), protocol="ncacn_ip_tcp", dce=dce))
    else:
        dce.bind(epm.MSRPC_UUID_PORTMAP)
        dce.call(0, b"\0" * 64)
        print(dce.recv())
except Exception as error:  # impacket's own kinds have one text each
    print(f"refused: {error}")
dce.disconnect()
