"""What the published descriptions of code hosts say about requests and answers, as small files, and their check.

`tests/data/<platform>/contract.json` is made by `scripts/contracts.py` (that of GitLab by hand). Its notation:

- `"integer"`, `"number"`, `"string"`, `"boolean"`, `"null"`, `"any"`; with `?` behind it null is right too
- `"=a|b"`: one of these texts; `"#name"`: the schema of that name; `"bytes"`: an answer that is no JSON
- `["string"]`: a list of them; `{"|": [...]}`: any one of these
- `{"id": "integer", "name~": "string"}`: an object; what ends with `~` may be missing, `"?": true` lets it be null,
  and `"*"` describes every other field; `"..."` names the fields that are there as well and are not looked at, and
  where that is missing, any field is right that is anywhere in the contract
- in paths, `{id:integer}` takes digits and `{path:rest}` also slashes
"""
