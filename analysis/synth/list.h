VM_SYNTH_METHOD(kinematic)
