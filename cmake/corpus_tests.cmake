# The committed samples are what the generator writes, the readers of others accept them, and converting each gives
# what INDEX.tsv promises.
if(TARGET mapiguard-corpus)
  add_test(NAME corpus.SamplesAreWhatTheGeneratorWrites
           COMMAND mapiguard-corpus --check ${PROJECT_SOURCE_DIR}/corpus/samples)
  add_test(NAME corpus.IndependentReadersAcceptTheSamples
           COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/corpus/independent_readers_test.py
                   $<TARGET_FILE:mapiguard-corpus>)
  set_tests_properties(corpus.IndependentReadersAcceptTheSamples PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120)
  if(TARGET mapiguard AND TARGET mapiguard-worker)
    add_test(NAME corpus.ConvertingKeepsThePromisesOfTheIndex
             COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/corpus/promises_test.py $<TARGET_FILE:mapiguard>
                     $<TARGET_FILE:mapiguard-corpus>)
    set_tests_properties(corpus.ConvertingKeepsThePromisesOfTheIndex PROPERTIES TIMEOUT 240)
  endif()
endif()
