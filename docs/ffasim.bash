# SPDX-License-Identifier: BSD-3-Clause
# Completion of ffasim for bash. Commands and options are asked of the program.

# Offers the words of the standard input. Not compgen -W: that expands them.
_ffasim_offer()
{
	local word

	while read -r word; do
		[[ $word == "$cur"* ]] && COMPREPLY+=("$word")
	done < <(tr -s ' \t' '\n')
}

_ffasim()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]} words=
	local IFS=$' \t\n'

	# bash cuts words at = and : too
	if [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $cur == = ]]; then
		cur=
	fi
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		_ffasim_offer < <("$program" --long-options 2>/dev/null)
		return
	fi
	case $prev in
	--color)
		words="auto always never" ;;
	-X | --decode)
		words="raw abbrev verbose" ;;
	--profile)
		words="spec hafnium tfa-el3 optee" ;;
	--ffa)
		words="1.0 1.1 1.2 1.3" ;;
	--from)
		words="trace regs" ;;
	--to)
		words="trace regs ffs hex c" ;;
	--alphabet)
		words="memory messaging events" ;;
	--format)
		words="text mermaid svg" ;;
	--seed)
		words=random ;;
	--repeat)
		words=forever ;;
	--report)
		compopt -o nospace 2>/dev/null
		words="ktap: junit: json: term: trace:" ;;
	-t | --tags)
		words=$("$program" list --json --allow-empty 2>/dev/null |
			sed -n 's/.*"tags": \[\([^]]*\)\].*/\1/p' | tr -d '",' |
			tr ' ' '\n' | sort -u) ;;
	-f | --filter)
		words=$("$program" list --quiet --allow-empty 2>/dev/null) ;;
	-c | --ctrl)
		words="unix: fd: systemd" ;;
	--mode | --allow)
		return ;;
	-j | --jobs | -D | --define | --shard | --max-failures | --timeout | \
	--stop-at | --min | --depth | --states)
		return ;;
	esac
	if [[ $words ]]; then
		_ffasim_offer <<<"$words"
	elif [[ $cur == -* ]]; then
		_ffasim_offer < <("$program" "$command" --long-options \
			2>/dev/null)
	elif [[ $command == ctrl && $COMP_CWORD -gt 2 ]]; then
		_ffasim_offer < <("$program" ctrl --help 2>/dev/null |
			sed -n '/^  -h/q; s/^  \(\w.*[^ ]\)   *[^ ].*/\1/p' |
			sed 's/[A-Z[]*\]*//g; s/,//g')
	elif [[ $command == doc ]]; then
		_ffasim_offer < <("$program" doc 2>/dev/null |
			sed -n 's/^    //p')
	elif [[ $command == convert || $command == shrink ]]; then
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -f -- "$cur"))
	else
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -d -- "$cur")
			$(compgen -f -X '!*.ffs' -- "$cur"))
	fi
}
complete -F _ffasim ffasim
