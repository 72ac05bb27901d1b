# What was done and what was not: the last words, whatever happened.
at=0
asked=no
confirmed=no
done_here=''
count=0

report_mount() {
    count=$((count + 1))
    if [ "$count" -lt "$at" ] || [ "$finished" = yes ]; then
        say "  done          $2"
    elif [ "$count" -gt "$at" ]; then
        say "  not done      $2"
    elif [ "$asked" = yes ] && [ "$confirmed" = no ]; then
        say "  UNCERTAIN     $2"
        uncertain
    elif [ -n "$done_here" ]; then
        say "  NOT finished  $2"
        say "                done so far:${done_here#,}"
    else
        say "  not done      $2"
    fi
}

finished=no
report() {
    status=$?
    trap - EXIT
    if [ "$finished" = yes ]; then
        say "finished: $goal"
    else
        say "NOT finished:"
    fi
    each_mount report_mount
    [ "$finished" = no ] || last_words
    exit "$status"
}
