// A precompiled header belongs to a source file; this one has nothing else to say.
