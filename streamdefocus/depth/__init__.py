"""Disparity from one picture: the network and the engines that run it."""
