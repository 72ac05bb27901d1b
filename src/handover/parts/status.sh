"$cli" status >/dev/null || stop "no unsealed server answers (the words above are the command's).
  VAULT_ADDR is ${BAO_ADDR:-${VAULT_ADDR:-not set}}; nothing was sent"
