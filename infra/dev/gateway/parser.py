"""What is HTTP, and what only one of two readers would take for it.

Where two servers in a row disagree on where a request ends, one client's bytes become another's request (request
smuggling, RFC 9112, 11.2). API Gateway refuses what is ambiguous; so does this, beyond what waitress does.
"""

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.utilities import BadRequest

_LINE_BYTES_MAX = 16 * 1024  # of a chunk's size with its extension, and of all trailers: nobody needs any


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """waitress's parser, stricter."""

    def parse_header(self, header_plus: bytes) -> None:
        """Raises ParsingError, which becomes a 400 and ends the connection."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # an address or a length that Python itself does not read
            raise ParsingError("Malformed request") from error
        if self.version != "1.1":
            if "TRANSFER_ENCODING" in self.headers:  # HTTP/1.0 has none: its body would be read as a request
                raise ParsingError("Transfer-Encoding in HTTP/1.0")
            return
        lines = [line.partition(b":") for line in header_plus.split(b"\r\n")[1:]]
        names = [name.lower() for name, _, _ in lines]
        codings = [value.strip(b" \t").lower() for name, _, value in lines if name.lower() == b"transfer-encoding"]
        if codings and (codings != [b"chunked"] or b"content-length" in names):
            raise ParsingError("The length of the body is ambiguous")
        if names.count(b"host") != 1:
            raise ParsingError("One Host is needed")

    def received(self, data: bytes) -> int:
        """How many bytes belong to this request. A line without an end is not waited for."""
        consumed: int = super().received(data)
        body = self.body_rcv
        if isinstance(body, ChunkedReceiver) and len(body.control_line) + len(body.trailer) > _LINE_BYTES_MAX:
            self.error, self.completed = BadRequest("A line of the chunked body has no end"), True
        return consumed
