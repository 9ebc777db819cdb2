"""A real name server in this process, for tests."""

import socket
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset


class NameServer:
    """Says the TXT records of `texts`, by name, and that nothing else exists."""

    def __init__(self, texts: dict[str, str]):
        self.texts = texts
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.thread = Thread(target=self.answer, name="name-server")

    def __enter__(self) -> "NameServer":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()

    def resolver(self) -> dns.resolver.Resolver:
        """A resolver that asks this server alone."""
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self.socket.getsockname()[1]
        return resolver

    def answer(self) -> None:
        while True:
            question, asker = self.socket.recvfrom(4096)
            if not question:
                return
            asked = dns.message.from_wire(question)
            reply = dns.message.make_response(asked)
            name = asked.question[0].name
            if text := self.texts.get(name.to_text().rstrip(".")):
                reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", f'"{text}"'))
            else:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            self.socket.sendto(reply.to_wire(), asker)
