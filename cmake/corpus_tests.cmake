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
    add_test(NAME corpus.LargeAndDeepMessagesCostWhatTheyAreWorth
             COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/corpus/large_test.py $<TARGET_FILE:mapiguard>
                     $<TARGET_FILE:mapiguard-corpus>)
    add_test(NAME corpus.TheSameInputGivesTheSameBytes
             COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/corpus/determinism_test.py $<TARGET_FILE:mapiguard>
                     ${PROJECT_SOURCE_DIR}/corpus/samples)
    add_test(NAME corpus.DamagedSamplesAreSalvaged
             COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/corpus/mutants.py ${PROJECT_SOURCE_DIR}/corpus/samples
                     --mapiguard $<TARGET_FILE:mapiguard> --cuts 3 --changes 20 --peer 0)
    set_tests_properties(corpus.LargeAndDeepMessagesCostWhatTheyAreWorth corpus.TheSameInputGivesTheSameBytes
                         corpus.DamagedSamplesAreSalvaged PROPERTIES TIMEOUT 400)
  endif()
endif()
