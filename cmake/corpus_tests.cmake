# The committed samples are what the generator writes, and the readers of others accept them.
if(TARGET mapiguard-corpus)
  add_test(NAME corpus.SamplesAreWhatTheGeneratorWrites
           COMMAND mapiguard-corpus --check ${PROJECT_SOURCE_DIR}/corpus/samples)
  add_test(NAME corpus.IndependentReadersAcceptTheSamples
           COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/corpus/independent_readers_test.py
                   $<TARGET_FILE:mapiguard-corpus>)
  set_tests_properties(corpus.IndependentReadersAcceptTheSamples PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120)
endif()
