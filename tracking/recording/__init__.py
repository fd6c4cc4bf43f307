"""What a training script says about its experiment, on its way into the folder and the mirrors."""
