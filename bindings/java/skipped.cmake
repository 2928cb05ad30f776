# A test that says that a language is not there: ctest counts it as skipped, by name.
message("skipped: no JDK 17")
