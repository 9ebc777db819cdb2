"""The commands: « ophportal serve », « ophportal import », and the others."""
