"""A device that makes passkeys and answers with them, in software; every lie it can tell is an argument.

It speaks the JSON that browsers send, so it stands for browser and device together.
"""

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

ORIGIN, HOST = "http://localhost", "localhost"
PRESENT, VERIFIED, SYNCABLE, SYNCED, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "===")


@dataclass
class Key:
    """One passkey as the device keeps it."""

    id: bytes
    private: Any
    user_handle: bytes
    counter: int


@dataclass
class Device:
    """A security key, a phone, a password manager.

    Attributes:
        counts: it has a counter that rises; synced passkeys have none and always say 0.
        flags: what it says of itself: user present, user verified, syncable, synced.
    """

    kind: str = "P-256"
    counts: bool = True
    flags: int = PRESENT | VERIFIED
    aaguid: bytes = bytes(16)
    transports: tuple[str, ...] = ("internal",)
    keys: list[Key] = field(default_factory=list)

    def create(self, options: dict[str, Any], **lies: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.create()`."""
        excluded = {unb64(one["id"]) for one in options["excludeCredentials"]}
        assert not excluded & {key.id for key in self.keys} or lies.get("even_if_excluded"), "InvalidStateError"
        handle = unb64(options["user"]["id"])
        key = Key(lies.get("id", os.urandom(32)), self.new_private(), handle, counter=int(self.counts))
        self.keys.append(key)
        public = lies.get("public_key") or cbor2.dumps(self.cose(key.private))
        attested = lies.get("aaguid", self.aaguid) + len(key.id).to_bytes(2, "big") + key.id + public
        data = self.data(options["rp"]["id"], key, lies, more=attested, extra=ATTESTED)
        attestation = lies.get("attestation") or {"fmt": "none", "attStmt": {}, "authData": data}
        response = {
            "clientDataJSON": b64(self.client("webauthn.create", options, lies)),
            "attestationObject": b64(cbor2.dumps(attestation)),
            "transports": list(self.transports),
        }
        return {"id": b64(key.id), "rawId": b64(key.id), "type": "public-key", "response": response}

    def get(self, options: dict[str, Any], **lies: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.get()`."""
        allowed = {unb64(one["id"]) for one in options["allowCredentials"]}
        key = lies.get("key") or next(key for key in self.keys if not allowed or key.id in allowed)
        key.counter += int(self.counts)
        data = self.data(options["rpId"], key, lies)
        client = self.client("webauthn.get", options, lies)
        signer = lies.get("signer", key.private)
        signature = self.sign(signer, data + hashlib.sha256(client).digest())
        handle = lies.get("user_handle", key.user_handle)
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(lies.get("signature", signature)),
            "userHandle": None if handle is None else b64(handle),
        }
        return {"id": b64(key.id), "rawId": b64(key.id), "type": "public-key", "response": response}

    def client(self, kind: str, options: dict[str, Any], lies: dict[str, Any]) -> bytes:
        said = {
            "type": lies.get("type", kind),
            "challenge": lies.get("challenge", options["challenge"]),
            "origin": lies.get("origin", ORIGIN),
            "crossOrigin": lies.get("cross_origin", False),
        }
        return json.dumps(said).encode()

    def data(self, host: str, key: Key, lies: dict[str, Any], more: bytes = b"", extra: int = 0) -> bytes:
        digest = hashlib.sha256(lies.get("host", host).encode()).digest()
        flags = lies.get("flags", self.flags) | extra
        return digest + bytes([flags]) + lies.get("counter", key.counter).to_bytes(4, "big") + more

    def new_private(self) -> Any:
        if self.kind == "Ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        if self.kind == "RSA":
            return rsa.generate_private_key(65_537, 2048)
        return ec.generate_private_key(ec.SECP256R1())

    def cose(self, private: Any) -> dict[int, Any]:
        public = private.public_key()
        if self.kind == "Ed25519":
            return {1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()}
        numbers = public.public_numbers()
        if self.kind == "RSA":
            return {1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    def sign(self, private: Any, message: bytes) -> bytes:
        if self.kind == "Ed25519":
            return private.sign(message)
        if self.kind == "RSA":
            return private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return private.sign(message, ec.ECDSA(hashes.SHA256()))


def unknown_key() -> Key:
    """A passkey that no site knows."""
    return Key(os.urandom(32), ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(64), counter=1)
