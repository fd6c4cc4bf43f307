"""How experiments stand: the process that watches over a training, and the judgement of those that are silent."""
