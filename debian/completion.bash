# bash completion of the arguments of `dokku netports:*` and `dokku network:*`. What Dokku's own
# completion offers stays: it completes command names, and is asked for everything else.

# Each command with its arguments, as `dokku netports:help` shows them.
_dokku_netports_synopses='
@SYNOPSES@
'

# What may stand at a place where the synopsis has the word $1.
_dokku_netports_words() {
  case $1 in
    *'<app>'* | *'<app|'*)
      [[ $1 != *--global* ]] || echo --global
      local app
      for app in "${DOKKU_ROOT:-/home/dokku}"/[a-z0-9]*/; do
        app=${app%/}
        echo "${app##*/}"
      done
      ;;
    '<'* | *'('*) ;;
    *) tr '|' '\n' <<<"$1" ;;
  esac
}

_dokku_netports() {
  local cur prev words cword synopsis word place=0 previous="" offered=""
  # Dokku's own file registers itself when it is read.
  if ! declare -F _dokku >/dev/null && [[ -r /usr/share/bash-completion/completions/dokku ]]; then
    # shellcheck disable=SC1091
    source /usr/share/bash-completion/completions/dokku
    complete -F _dokku_netports dokku
  fi
  _get_comp_words_by_ref -n : cur prev words cword
  synopsis=""
  if ((cword >= 2)); then
    synopsis=$(grep -m 1 -- "^${words[1]}\( \|$\)" <<<"$_dokku_netports_synopses")
  fi
  if [[ -z $synopsis ]]; then
    ! declare -F _dokku >/dev/null || _dokku
    return
  fi
  for word in ${synopsis#* }; do
    word=${word#[}
    word=${word%]}
    word=${word%...}
    if [[ $word == --* ]]; then
      [[ $prev == "$word" ]] || offered+=$'\n'$word
    elif [[ $previous == --* ]]; then
      # The value of the flag in front of it.
      [[ $prev != "$previous" ]] || offered=$(_dokku_netports_words "$word")$'\n'
      [[ $prev != "$previous" ]] || break
    else
      place=$((place + 1))
      ((place != cword - 1)) || {
        offered+=$'\n'$(_dokku_netports_words "$word")
        [[ $word != '<file>' ]] || compopt -o default
      }
    fi
    previous=$word
  done
  mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$cur")
} &&
  complete -F _dokku_netports dokku
