"""How settings are read: names, sources, order, origins, and the words for what is wrong.

Knows no battery and no field; `demijohn.settings` hands it the class to fill.
"""
