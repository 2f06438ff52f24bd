"""AWS::EC2::KeyPair: a real key, stored where EC2 stores it, with the fingerprint that EC2 would give it."""

import base64
import hashlib
import secrets
import subprocess
import tempfile
import time
from pathlib import Path
from xml.sax.saxutils import escape

from ministack_adapter import ec2, ssm
from resource_types import any_of, resource_type

_GENERATE = {"ed25519": ["-t", "ed25519"], "rsa": ["-t", "rsa", "-b", "2048", "-m", "PEM"]}


def _create(_logical_id, properties, _stack_name):
    name, kind = properties["KeyName"], properties.get("KeyType", "rsa")
    if properties.get("KeyFormat", "pem") != "pem":
        raise ValueError("AWS::EC2::KeyPair: the emulator makes keys in the format pem only.")
    if name in ec2.key_pairs:
        raise ValueError(f"The key pair '{name}' already exists")
    private, public, fingerprint = _new_key(kind)
    key_id = f"key-{secrets.token_hex(9)[:17]}"
    status, _, body = ssm.put_parameter(
        {"Name": _parameter(key_id), "Type": "SecureString", "Value": private}
    )
    if status >= 400:
        raise ValueError(f"AWS::EC2::KeyPair: PutParameter answers {status}: {body!r}")
    ec2.key_pairs[name] = {
        "KeyName": name,
        "KeyFingerprint": fingerprint,
        "KeyPairId": key_id,
        "KeyType": kind,
        "PublicKey": public,
        "CreateTime": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
    }
    if properties.get("Tags"):
        ec2.tags[key_id] = properties["Tags"]
    return name, {"KeyPairId": key_id, "KeyFingerprint": fingerprint}


def _delete(name, _properties):
    pair = ec2.key_pairs.pop(name, None)
    if pair:
        ssm.delete_parameter({"Name": _parameter(pair["KeyPairId"])})
        ec2.tags.pop(pair["KeyPairId"], None)


def _parameter(key_id):
    return f"/ec2/keypair/{key_id}"


def _new_key(kind):
    """Generates a key: private key, public key and fingerprint.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_KeyPairInfo.html has how it is computed.
    """
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "key")
        _ssh_keygen("-C", "", "-f", file, *_GENERATE[kind])
        private, public = file.read_text(), Path(directory, "key.pub").read_text().strip()
        if kind == "ed25519":
            digest = hashlib.sha256(base64.b64decode(public.split()[1])).digest()
            return private, public, base64.b64encode(digest).decode()
        _ssh_keygen("-p", "-m", "PKCS8", "-f", file)
        pkcs8 = base64.b64decode("".join(file.read_text().splitlines()[1:-1]))
        return private, public, hashlib.sha1(pkcs8).digest().hex(":")


def _ssh_keygen(*arguments):
    subprocess.run(["ssh-keygen", "-q", "-N", "", *arguments], check=True, stdout=subprocess.DEVNULL)


_FILTERS = {"key-name": "KeyName", "key-pair-id": "KeyPairId", "fingerprint": "KeyFingerprint"}


def _describe(request):
    """Handles DescribeKeyPairs; MiniStack's own supports neither ids, filters nor key types."""
    wanted = {
        "KeyName": ec2.list_of(request, "KeyName"),
        "KeyPairId": ec2.list_of(request, "KeyPairId"),
    }
    for field, values in wanted.items():
        for value in values:
            if not any(pair[field] == value for pair in ec2.key_pairs.values()):
                message = f"The key pair '{value}' does not exist"
                return ec2.error("InvalidKeyPair.NotFound", message, 400)
    for name, values in ec2.filters_of(request).items():
        if name not in _FILTERS:
            return ec2.error("InvalidParameterValue", f"The filter '{name}' is invalid", 400)
        wanted[_FILTERS[name]] = values
    with_public_key = ec2.parameter_of(request, "IncludePublicKey") == "true"
    pairs = [
        pair
        for pair in ec2.key_pairs.values()
        if all(not values or pair[field] in values for field, values in wanted.items())
    ]
    items = "".join(_item(pair, with_public_key) for pair in pairs)
    return ec2.xml(200, "DescribeKeyPairsResponse", f"<keySet>{items}</keySet>")


def _item(pair, with_public_key):
    fields = {
        "keyName": "KeyName",
        "keyFingerprint": "KeyFingerprint",
        "keyPairId": "KeyPairId",
        "keyType": "KeyType",
        "createTime": "CreateTime",
        **({"publicKey": "PublicKey"} if with_public_key else {}),
    }
    content = "".join(f"<{tag}>{escape(pair[field])}</{tag}>" for tag, field in fields.items())
    return f"<item>{content}{ec2.tag_set(pair['KeyPairId'])}</item>"


def register():
    """Adds the type, and DescribeKeyPairs."""
    properties = any_of("KeyName", "KeyType", "KeyFormat", "Tags")
    resource_type(
        "AWS::EC2::KeyPair",
        properties=properties,
        create=_create,
        delete=_delete,
        replaced_by=properties,
    )
    ec2.actions["DescribeKeyPairs"] = _describe
