"""Learning from rectified stereo pairs, as in the paper."""
