# Counts test cases in CTest's LastTest.log: prints "PASSED FAILED".
# A program of the Check library tells how many cases it ran; any other program is one case. One
# that CTest calls failed has at least one failed case, whatever it managed to print (a crash).
function close_program() {
    if (name == "")
        return
    if (!counted)
        cases = 1
    if (!ok && bad == 0) {
        bad = 1
        if (cases == 0)
            cases = 1
    }
    passed += cases - bad
    failed += bad
    name = ""
}
/^[0-9]+\/[0-9]+ (Testing|Test): / {
    if ($2 == "Testing:") {
        close_program()
        name = $3
        counted = ok = cases = bad = 0
    }
}
/^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/ {
    counted = 1
    cases += $3
    bad += $5 + $7
}
/^Test Passed\.$/ { ok = 1 }
END {
    close_program()
    print passed + 0, failed + 0
}
