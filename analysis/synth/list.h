VM_SYNTH_METHOD(kinematic)
VM_SYNTH_METHOD(multislice)
VM_SYNTH_METHOD(prism)
