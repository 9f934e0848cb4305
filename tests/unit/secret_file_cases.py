"""Files that are secrets: path below the DAG type's folder, and text."""

from .repository import toml

BODY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo"  # the alphabet, in base64


def pem(kind: str = "PRIVATE KEY", body: str = BODY, newline: str = "\n") -> str:
    """Write a block of PEM."""
    return newline.join([f"-----BEGIN {kind}-----", body, f"-----END {kind}-----", ""])


AWS = "aws_secret_access_" + "key"
FORTY = "abcdefghijklmnopqrst" * 2
KUBECONFIG = "apiVersion: v1\nkind: Config\nusers:\n- name: me\n  user:\n"
ACCOUNT = '{"type": "service_account", "private_key_id": "1", "private_key": %s}'
PROFILE = "house:\n  outputs:\n    prod:\n      type: postgres\n      %s\n"
LINES = [FORTY + "uvwxyzABCDEFGHIJKLMNOPQR", FORTY + "uvwxyzABCDEFGHIJKLMNOPQR", BODY]
BEGIN, END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
AWS_ID = "AKIA" + "QRSTUVWXYZ234567"
LOGIN = '{"auths": {"ghcr.io": {%s}}}'
PRINCIPAL = '{"clientId": "1", "clientSecret": "%s", "tenantId": "2"}'
MANIFEST = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n"
ADDRESS = "postgresql+psycopg2://airflow:%s@db/airflow"

# How keys that openssl writes begin; none of them has more of its key than a few bytes.
DER = {
    "rsa.der": "308204a20201000282010100ae82b69f",
    "dsa.key": "308201ca020100028181008dfa01a95c",
    "ec.der": "307702010104207ecc87634dc160eb53",
    "ec521.der": "3081dc020101044201ce489aaca220b6",
    "pkcs8.der": "308204bc020100300d06092a864886f70d0101010500048204a6",
    "ed25519.bin": "302e020100300506032b657004220420f84058d9",
    "with-public.der": "3053020101300506032b657004220420f84058d9",
    "encrypted.der": "3082052d305706092a864886f70d01050d304a302906092a86",
    "encrypted-old.der": "308204ea301c060a2a864886f70d010c0103300e04086396",
}

BY_NAME = (
    *(".env", ".ENV", ".env.production", ".env.example.local", "prod.env", ".env-prod", ".env_prod"),
    *(".env~", ".envrc", ".envrc.prod", ".netrc", ".pgpass", ".pypirc", ".my.cnf"),
    *(".git-credentials", ".htpasswd", ".dockerconfigjson", ".dockercfg", ".docker/config.json"),
    *(".databrickscfg", ".dlt/secrets.toml", ".snowflake/connections.toml", ".vault-token"),
    *("kaggle.json", "kubeconfig", "prod.kubeconfig", ".kube/config", ".aws/credentials"),
    *("application_default_credentials.json", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"),
    *("store.p12", "store.PFX", "client.jks", "client.keystore", "house.kdbx", "key.ppk"),
    *("rsa_key.p8", "airflow.keytab", "cosign.key", "_netrc", "pgpass.conf", ".mylogin.cnf"),
    *(".passwd-s3fs", ".streamlit/secrets.toml", ".snowsql/config", "standalone_admin_password.txt"),
    *("simple_auth_manager_passwords.json.generated", "rclone.conf", "credentials.tfrc.json"),
    *(".boto", ".s3cfg", "id_ecdsa_sk", "id_ed25519_sk", "store.jceks"),
)
SECRET = {
    # by name
    **dict.fromkeys(BY_NAME, ""),
    # by folder
    **dict.fromkeys(
        (".aws/config", ".aws/sso/cache/1.json", ".azure/msal_token_cache.json", ".ssh/config"), ""
    ),
    **dict.fromkeys((".config/gcloud/access_tokens.db", ".docker/contexts/x", ".kube/cache/x"), ""),
    **dict.fromkeys((".gnupg/pubring.kbx", ".config/gh/hosts.yml", ".dbt/profiles.yml"), ""),
    # clones
    ".gitmodules": '[submodule "x"]\n\turl = https://me:hunter2@git.example/x\n',
    "git/config": '[remote "origin"]\n\turl = https://deploy:hunter2@git.example/x.git\n',
    "hgrc": "[paths]\ndefault = https://me:hunter2@hg.example/x\n",
    # private keys
    "a.pem": pem(),
    "a.key": pem("RSA PRIVATE KEY"),
    "b.key": pem("EC PRIVATE KEY"),
    "c.key": pem("OPENSSH PRIVATE KEY"),
    "d.key": pem("ENCRYPTED PRIVATE KEY"),
    "e.key": pem("ENCRYPTED COSIGN PRIVATE KEY"),
    "f.key": pem("ENCRYPTED SIGSTORE PRIVATE KEY"),
    "g.asc": pem("PGP PRIVATE KEY BLOCK", body=f"Version: GnuPG v2\n\n{BODY}"),
    "h.key": pem("RSA PRIVATE KEY", f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\n{BODY}"),
    "windows.pem": pem(newline="\r\n"),
    "chain.pem": pem("CERTIFICATE") + pem(),
    "short.pem": pem(body="A" * 20),
    "cut.pem": f"-----BEGIN PRIVATE KEY-----\n{BODY}",
    "text.py": f'KEY = """{pem()}"""\n',
    "escaped.py": f'KEY = "-----BEGIN PRIVATE KEY-----\\n{BODY}\\n"\n',
    "joined.py": f'KEY = (\n    "-----BEGIN PRIVATE KEY-----\\n"\n    "{BODY}\\n"\n)\n',
    "indented.yaml": f"key: |\n  -----BEGIN PRIVATE KEY-----\n  {BODY}\n",
    "in-json.txt": f'{{"x": "-----BEGIN PRIVATE KEY-----\\\\n{BODY}\\\\n"}}',
    "guide.md": f"```\n{pem()}```\n",
    "one-line.pem": BEGIN + "".join(LINES) + END,
    "one-line-short.pem": f"{BEGIN}{LINES[0]}=={END}",
    "spaces.txt": " ".join([BEGIN, *LINES, END]),
    "spaces-short.txt": f"KEY={BEGIN} {LINES[0]} {END}",
    "one-line.json": f'{{"key": "{BEGIN}{"".join(LINES)}{END}"}}',
    "age.txt": "AGE-SECRET-" + "KEY-1" + "Q" * 58,
    "age.key": pem("AGE ENCRYPTED FILE"),
    "age.bin": "age-encryption.org/v1\n-> scrypt",
    "putty.txt": "PuTTY-User-Key-File-3: ssh-ed25519\n",
    "jwk.json": '{"kty": "EC", "crv": "P-256", "x": "abc", "d": "abc"}',
    "jwks.json": '{"keys": [{"k": "abc", "kty": "oct"}]}',
    # Google
    "account.json": ACCOUNT % '"x"',
    "account": "\n" + (ACCOUNT % toml(pem())).replace(", ", ",\n  "),
    "user.json": '{"type": "authorized_user", "refresh_token": "1//x"}',
    "client.json": '{"installed": {"auth_uri": "https://x", "client_secret": "GOCSPX"}}',
    # Kubernetes
    "cluster.yaml": KUBECONFIG + "    token: abc\n",
    "cluster": KUBECONFIG + "    client-key-data: QUJD\n",
    "cluster.json": '{"kind": "Config", "users": [{"user": {"token": "abc"}}]}',
    "noted.yaml": KUBECONFIG.replace("Config", "Config # mine") + "    token: abc\n",
    "provider.yaml": KUBECONFIG + "    auth-provider:\n      config:\n        access-token: ya29.abc\n",
    "refresh.yaml": KUBECONFIG + "    auth-provider:\n      config:\n        refresh-token: 1//abc\n",
    "id-token.yaml": KUBECONFIG + "    auth-provider: {config: {id-token: abc}}\n",
    "secret.yaml": MANIFEST + "type: Opaque\ndata:\n  password: aHVudGVyMg==\n",
    "secret.yml": MANIFEST + 'stringData:\r\n    "user": ""\r\n    # ours\r\n    db.password: "hunter2"\r\n',
    "block.yaml": MANIFEST + "stringData:\n  conf: |\n    password hunter2\n",
    "flow.yaml": MANIFEST + "stringData: {password: hunter2}\n",
    "secret.json": '{"kind": "Secret", "data": {\n  "password": "aHVudGVyMg=="\n}}',
    "several.yaml": "kind: Pod\n---\n" + MANIFEST + "data:\n  a: QQ==\n---\nkind: Service\n",
    # packages
    ".npmrc": "//registry.npmjs.org/:_authToken=npm_abc\n",
    "a/.npmrc": "registry=https://x\n_auth = dTpw\n",
    "pip.conf": "[global]\nindex-url = https://me:hunter2@pypi.example/simple\n",
    "pip.ini": "[global]\nextra-index-url =\n    https://a.example\n    https://me:hunter2@b.example\n",
    "uv.toml": '[[index]]\nurl = "https://me:hunter2@pypi.example/simple"\n',
    "pyproject.toml": 'dependencies = ["x @ git+https://me:hunter2@git.example/x"]\n',
    "requirements.txt": "--index-url=https://me:hunter2@pypi.example/simple\nx==1\n",
    "requirements-dev.in": "https://me:hunter2@pypi.example/x-1-py3-none-any.whl\n",
    ".condarc": "channels:\n  - https://me:hunter2@conda.example/main\n",
    # registries
    "auth.json": LOGIN % '"auth": "dTpw"',
    "config.json": LOGIN % '"identitytoken": "abc"',
    "docker-config.json": (LOGIN % '"auth": "dTpw"').replace("{", "{\n  "),
    # AWS
    "credentials": f"[default]\n{AWS} = {FORTY}\n",
    "export.sh": f"export {AWS.upper()}='{FORTY}'\n",
    "compose.yaml": f"environment:\n  - {AWS.upper()}={FORTY}\n",
    "folded.yaml": f"{AWS}: >-\n  {FORTY}\n",
    "aws.json": f'{{"{AWS}": "{FORTY}"}}',
    "created.json": f'{{"AccessKey": {{\n  "AccessKeyId": "{AWS_ID}",\n  "SecretAccessKey": "{FORTY}"\n}}}}',
    "accessKeys.csv": f"Access key ID,Secret access key\r\n{AWS_ID},{FORTY}\r\n",
    "quoted.csv": f'"User","Access key ID","Secret access key"\n"me","{AWS_ID}","{FORTY}"\n',
    "aws.py": f'client = boto3.client("s3", {AWS}="{FORTY}")\n',
    "upper.py": f'{AWS.upper()} = "{FORTY}"\n',
    "sts.py": f'key = {{"SecretAccessKey": "{FORTY}"}}\n',
    "copy.sql": f"CREDENTIALS 'aws_access_key_id=x;{AWS}={FORTY}'\n",
    # dbt
    "profiles.yml": PROFILE % "password: hunter2",
    "a/profiles.yml": PROFILE % 'pass: "hunter2"  # ours',
    "b/profiles.yml": PROFILE % "token: dapi123",
    "c/profiles.yml": PROFILE % "private_key_passphrase: 'x'",
    "d/profiles.yaml": PROFILE % "client_secret: x",
    "e/profiles.yml": "house: {outputs: {prod: {type: postgres, password: hunter2}}}",
    "f/profiles.yml": PROFILE % "password: >-\n        hunter2",
    "g/profiles.yml": PROFILE % "password: $ecret",
    "h/profiles.yml": PROFILE % "password: \"{{ env_var('P', 'hunter2') }}\"",
    "i/profiles.yml": PROFILE % 'password: \'{{ env_var("P", "hunter2") | as_text }}\'',
    "j/profiles.yml": PROFILE % "token: '{{ env_var(''P'', ''hunter2'') }}'",
    "k/profiles.yml": PROFILE % "pass: >-\n        {{ env_var('P', default='hunter2') }}",
    "l/profiles.yml": PROFILE % 'pass: "{{ env_var(\\"P\\", \\"hunter2\\") }}"',
    "m/profiles.yml": PROFILE % "password: '!hunter2'",
    # Azure
    "azure.json": PRINCIPAL % "xyz~abc8Q",
    "az.json": '{"appId": "1", "displayName": "x", "password": "xyz~abc8Q", "tenant": "2"}',
    # Airflow
    "airflow.cfg": "[core]\nfernet_key = QUJD=\n",
    "a/airflow.cfg": f"[database]\nsql_alchemy_conn = {ADDRESS % 'hunter2'}\n",
    "b/airflow.cfg": "[smtp]\nsmtp_password = hunter2\n",
    "c/airflow.cfg": "[celery]\nbroker_url=redis://:hunter2@redis:6379/0\n",
    "d/airflow.cfg": f"[celery]\nresult_backend = db+{ADDRESS % 'hunter2'}\n",
    "e/airflow.cfg": "[celery]\nflower_basic_auth = me:hunter2\n",
    "connections.yaml": "pg:\n  conn_type: postgres\n  host: db\n  password: hunter2\n",
    "conns.yml": "- {conn_id: pg, conn_type: postgres, password: hunter2}\n",
    "a/connections.yaml": f"pg: {ADDRESS % 'hunter2'}\n",
    "uris.json": '{"pg": "postgres://u:hunter2@db/x"}',
    "list.json": '{\n  "pg": [\n    "postgres://u:hunter2@db/x"\n  ]\n}',
    "connections.json": '{"db": {"conn_type": "postgres", "password": "x"}}',
    # how it is written
    "bom.json": "\ufeff" + ACCOUNT % '"x"',
}
