"""What the doctor says about Ray's token."""

from nasray.app import doctor


def test_a_token_that_others_can_read_is_complained_about(tmp_path, monkeypatch):
    token = tmp_path / "auth_token"
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(token))
    assert doctor._token() == f"no {token}; Ray makes one for a cluster of this machine"
    token.write_text("secret")
    token.chmod(0o644)
    assert doctor._token() == f"{token} can be read by others, who can then run code as you; chmod 600 {token}"
    token.chmod(0o600)
    assert doctor._token() == f"{token}, readable by you alone"
